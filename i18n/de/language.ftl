## About the language

language-variant = German
language-name = Deutsch
language-locale = de-DE
date-and-time = { $date }, { $time } UTC
quoted-name = „{ $name }“
