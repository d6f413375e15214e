## Parts of mails. Their texts are in the mail templates.

mail-unknown-address = an unknown IP address
