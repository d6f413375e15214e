//! Access to the mails that an app has sent.

use vestibule_core::mail::Message;

use super::TestApp;

impl TestApp {
    /// Returns every mail sent so far.
    pub(crate) fn mails(&self) -> Vec<Message> {
        let mut mails = self.inner.mails.lock().unwrap();
        mails.extend(self.inner.mailbox.take());
        mails.clone()
    }

    /// Returns the newest mail to this address.
    pub(crate) fn mail(&self, email: &str) -> Message {
        let mails = self.mails();
        mails
            .into_iter()
            .rfind(|mail| mail.to.key() == email.to_ascii_lowercase())
            .unwrap_or_else(|| panic!("no mail to {email}"))
    }

    /// Returns the number of mails to this address.
    pub(crate) fn mail_count(&self, email: &str) -> usize {
        self.mails().iter().filter(|mail| mail.to.key() == email).count()
    }

    /// Returns the invitation token in the link of the newest mail to this address.
    pub(crate) fn mailed_token(&self, email: &str) -> String {
        let mail = self.mail(email);
        let (_, token) = mail.text.split_once("#token=").unwrap();
        let token = token.split_whitespace().next().unwrap().to_owned();
        self.inner.secret_scan.add_secret(token.split_once('.').unwrap().1);
        token
    }

    /// Returns the token in the link of the newest mail to this address, which is a security notice.
    pub(crate) fn notice_token(&self, email: &str) -> String {
        let mail = self.mail(email);
        let token =
            mail.text.split_once("/security-notice#token=").unwrap_or_else(|| panic!("no notice: {}", mail.text));
        token.1.split_whitespace().next().unwrap().to_owned()
    }

    /// Returns the six-digit code in the newest mail to this address.
    pub(crate) fn mailed_code(&self, email: &str) -> String {
        let mail = self.mail(email);
        let is_code = |line: &&str| line.len() == 6 && line.bytes().all(|byte| byte.is_ascii_digit());
        mail.text.lines().map(str::trim).find(is_code).unwrap_or_else(|| panic!("no code in {}", mail.text)).to_owned()
    }
}
