## The proof-of-work challenge of a form

challenge-working = Checking your browser…
challenge-failed = Verification failed. Check your connection and try again.
challenge-progress = Verification progress
challenge-needs-script = This form needs JavaScript, because your browser has to solve a small task before it is sent. Allow JavaScript for this page, and load it again.
challenge-needs-script-now = There are many attempts to sign in just now, so this form needs JavaScript: your browser has to solve a small task before it is sent. Allow JavaScript for this page and load it again, or try again in a few minutes.
