"""Says in one sentence why HOST:PORT cannot be served, and nothing when it can."""

import errno
import socket
import sys

SENTENCES = {
    errno.EADDRINUSE: "Port {port} on {host} is already in use; stop what uses it, or choose another with CME_PORT.",
    errno.EACCES: "Port {port} needs root; choose one above 1023 with CME_PORT.",
    errno.EADDRNOTAVAIL: "{host} is not an address of this machine; choose another with CME_HOST.",
}


def obstacle(host: str, port: int) -> str | None:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen()
    except socket.gaierror:
        return f"{host} is not known as an address; choose another with CME_HOST."
    except OSError as error:
        sentence = SENTENCES.get(error.errno or 0, "{host}:{port} cannot be served: {error}.")
        return sentence.format(host=host, port=port, error=error.strerror)
    return None


if __name__ == "__main__":
    sentence = obstacle(sys.argv[1], int(sys.argv[2]))
    if sentence:
        sys.stderr.write(sentence + "\n")
        sys.exit(1)
