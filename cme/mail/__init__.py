"""Messages to people: one function per message, senders for SMTP and for the console."""
