# SPDX-License-Identifier: MIT
"""smtp.py HOST RECIPIENT...: one mail to all of them in one session. Says who of them was refused and why,
and how many were taken."""
import smtplib
import sys

server = smtplib.SMTP(sys.argv[1], timeout=60)
server.ehlo()
server.mail("somebody@example.org")
taken = 0
for recipient in sys.argv[2:]:
    code, answer = server.rcpt(recipient)
    if code == 250:
        taken += 1
    else:
        print(recipient, code, answer.decode().replace("\n", " "))
if taken:
    code, answer = server.data("Subject: hello\n\nhello\n")
    if code != 250:
        print(code, answer.decode())
server.quit()
print(taken, "taken")
