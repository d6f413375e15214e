//! The scrypt of Firebase: the key that scrypt derives from the password encrypts the signer key of the project.
//!
//! The text is the one in which Supabase stores these hashes. It has the parameters of the project, with the signer key,
//! in each hash.

use aes::Aes256;
use ctr::Ctr128BE;
use ctr::cipher::{KeyIvInit as _, StreamCipher as _};
use scrypt::Params;
use zeroize::Zeroizing;

use super::decode::{Key, Salt, base64, number, parts, value};
use super::scrypt::params;

pub(in crate::password) struct FirebaseScrypt {
    params: Params,
    /// With the separator of the project at its end.
    salt: Salt,
    signer_key: Key,
    key: Key,
}

impl FirebaseScrypt {
    /// `$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=…$salt$key`: `n` is the binary logarithm of the memory cost (`mem_cost` in
    /// Firebase), `r` the block size (`rounds`), `ss` the separator of the salt, `sk` the signer key.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let [parameters, salt, key] = parts(text.strip_prefix("$fbscrypt$")?, '$')?;
        let ["v=1", n, r, p, separator, signer_key] = parts::<6>(parameters, ',')? else { return None };
        let params = params(number(value(n, "n")?)?, number(value(r, "r")?)?, number(value(p, "p")?)?)?;
        let salt = Salt::new([base64(salt)?, base64(value(separator, "ss")?)?].concat())?;
        let signer_key = Key::from_base64(value(signer_key, "sk")?)?;
        let key = Key::from_base64(key).filter(|key| key.len() == signer_key.len())?;
        Some(Self { params, salt, signer_key, key })
    }

    pub(super) fn matches(&self, text: &str) -> bool {
        let mut derived = Zeroizing::new([0; 32]);
        if scrypt::scrypt(text.as_bytes(), self.salt.as_bytes(), &self.params, derived.as_mut_slice()).is_err() {
            return false;
        }
        let mut encrypted = self.signer_key.as_bytes().to_vec();
        // Each derived key encrypts one text, so the counter can begin at 0.
        Ctr128BE::<Aes256>::new(&(*derived).into(), &[0; 16].into()).apply_keystream(&mut encrypted);
        self.key.equals(&encrypted)
    }
}
