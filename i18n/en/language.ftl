## About the language

# The language's name in English, in one word. Code uses it.
language-variant = English
# The language's own name, in the language menu.
language-name = English
# The language and region (RFC 5646) that dates are written for.
language-locale = en-GB
date-and-time = { $date }, { $time } UTC
# A name that somebody chose, in a mail.
quoted-name = “{ $name }”
