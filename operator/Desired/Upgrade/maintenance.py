"""
Answers for a Rucio server while its catalogue is migrated: 503 to everything, with Retry-After and the header that
Rucio's clients look for. Python 3.9 syntax, nothing but the standard library, no configuration and no database.

Arguments: ports to listen on; one that ends in "s" speaks TLS with the server's own certificate. /ping on a port is
answered like all else, so that nobody takes this for a Rucio that works; readiness is that the port is open.
"""

import signal
import ssl
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

CERTIFICATE = '/etc/grid-security/hostcert.pem'
KEY = '/etc/grid-security/hostkey.pem'
RETRY_AFTER = 60
BODY = b'{"ExceptionClass": "ServiceUnavailable", "ExceptionMessage": "Rucio is being upgraded; try again in a minute."}\n'


class Maintenance(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    server_version = 'maintenance'
    sys_version = ''

    def answer(self):
        # Unread, the rest of the request would be taken for the next one.
        self.close_connection = True
        self.send_response(503)
        self.send_header('Retry-After', str(RETRY_AFTER))
        self.send_header('ExceptionClass', 'ServiceUnavailable')
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(BODY)))
        self.send_header('Connection', 'close')
        self.end_headers()
        if self.command != 'HEAD':
            self.wfile.write(BODY)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_OPTIONS = do_PATCH = answer

    def log_message(self, *arguments):
        """Silent: request lines are the clients' business."""


class TlsServer(ThreadingHTTPServer):
    """The handshake belongs to the connection's own thread: a silent client must not hold up the others."""

    def __init__(self, address, handler, tls):
        super().__init__(address, handler)
        self.tls = tls

    def finish_request(self, request, client_address):
        request.settimeout(30)
        with self.tls.wrap_socket(request, server_side=True) as connection:
            super().finish_request(connection, client_address)

    def handle_error(self, request, client_address):
        """A client that speaks no TLS, or left."""


def serve(port):
    if port.endswith('s'):
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(CERTIFICATE, KEY)
        server = TlsServer(('', int(port[:-1])), Maintenance, tls)
    else:
        server = ThreadingHTTPServer(('', int(port)), Maintenance)
    threading.Thread(target=server.serve_forever, daemon=True).start()


if __name__ == '__main__':
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    for argument in sys.argv[1:]:
        serve(argument)
    ended.wait()
