## The pages of a setup link, for the IT department of an organization

setup-open-title = Set up single sign-on
setup-open-explanation = Paste the setup link that you received.
setup-paste-link = Setup link
setup-open = Continue
setup-steps = Steps
setup-title = Set up { $name }
setup-overview = Overview
setup-finish = Finish
setup-explanation = An admin of { $name } asks you to do this for them. You need no account.
setup-for = For
setup-is-logged = The admins of the organization see what you change here.
setup-begin = Start
setup-continue = Continue
setup-domains-explanation = Add the domains of your work email addresses, and prove that they are yours with a DNS record.
setup-check = Check
setup-check-domain = Check { $domain }

# The connection
setup-connections-explanation = Connect your identity provider. Nothing changes for members until the connection is enabled.
setup-connection-continue = Continue with this connection
setup-connection-other = Connect another identity provider
setup-connection-save = Save and continue
setup-admins-choose-domains = An admin of the organization chooses the domains of this connection.
setup-verify-domains-first = Verify a domain first. Then choose here which domains sign in through this connection.
setup-test-results = Results of the last tests
setup-no-tests = No test yet.

# The end
setup-done-title = That's it
setup-done-explanation = Tell the admin of { $name } who sent you the link that you are done. You can come back with the same link until it expires.
setup-left-to-admins = These things are left for the admins:
setup-left-try = Sign in through the connection once.
setup-left-roles = Choose which groups of your identity provider have which roles.
setup-left-require = Require single sign-on, if everybody should use it.
setup-close-explanation = Close the link in this browser if others use it too.
setup-close = Close the link
flash-setup-closed = Link closed in this browser.
