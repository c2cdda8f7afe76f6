# Answers as Rucio does to somebody it does not know, and says what it was told about the client.


def application(environ, start_response):
    name = environ.get('SSL_CLIENT_S_DN')
    if environ['PATH_INFO'].startswith('/auth/x509') and environ['REQUEST_METHOD'] != 'OPTIONS':
        start_response('401 Unauthorized', [('ExceptionClass', 'CannotAuthenticate'), ('X-Name', name or 'nobody')])
    else:
        start_response('200 OK', [('X-Name', name or 'nobody')])
    return [b'']
