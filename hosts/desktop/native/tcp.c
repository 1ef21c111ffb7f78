/*
 * The module "embedded:io/socket/tcp": what both stacks have in common, which is what JavaScript touches.
 * Knows XS and the interface of a stack. Must not know how a stack moves bytes or when it calls back.
 */
#include "tcp.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

const SocketStack* gSocketStack = &gLwipStack;

void socketHold(Socket* socket)
{
	socket->holds++;
}

void socketRelease(Socket* socket)
{
	xsMachine* the = socket->the;
	if (--socket->holds)
		return;
	/* Only now may object and callbacks be collected: a stack in the middle of a delivery still calls them. */
	if (socket->remembered) {
		xsmcSetHostData(socket->self, NULL);
		xsForget(socket->self);
	}
	free(socket);
}

int socketOpen(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	if (fd < 0)
		return fd;
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	fcntl(fd, F_SETFL, O_NONBLOCK | fcntl(fd, F_GETFL, 0));
#ifdef SO_NOSIGPIPE
	int on = 1;
	setsockopt(fd, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof(on));
#endif
	return fd;
}

static void markSocket(xsMachine* the, void* data, xsMarkRoot markRoot)
{
	Socket* socket = data;
	if (!socket)
		return;
	if (socket->onReadable)
		(*markRoot)(the, socket->onReadable);
	if (socket->onWritable)
		(*markRoot)(the, socket->onWritable);
	if (socket->onError)
		(*markRoot)(the, socket->onError);
}

/* An open socket is remembered until it is closed, so there is nothing to do when the object goes. */
static const xsHostHooks gSocketHooks = { NULL, markSocket, NULL };

static Socket* socketOf(xsMachine* the)
{
	Socket* socket = hostDataIf(the, &xsThis, &gSocketHooks);
	if (!socket || socket->closed)
		xsTypeError("invalid host data");
	return socket;
}

static void tcpConstructor(xsMachine* the)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	char text[32];
	xsSlot value;
	uint8_t format = bufferFormat;

	if (xsmcArgc == 0 || xsmcTypeOf(xsArg(0)) != xsReferenceType)
		xsTypeError("options missing"); /* without them a socket waits for a listener, which there is none of here */
	if (hasOption(the, "format", &value) && xsmcTest(value))
		format = formatOf(the, value);
	xsSlot* onReadable = callbackOption(the, "onReadable");
	xsSlot* onWritable = callbackOption(the, "onWritable");
	xsSlot* onError = callbackOption(the, "onError");
	/* ECMA-419 says noDelay, the SDK's sockets read nodelay. */
	bool noDelay = (hasOption(the, "noDelay", &value) || hasOption(the, "nodelay", &value)) && xsmcTest(value);
	if (!hasOption(the, "address", &value))
		xsUnknownError("invalid address");
	if (inet_pton(AF_INET, xsmcToStringBuffer(value, text, sizeof(text)), &address.sin_addr) != 1)
		xsUnknownError("invalid address");
	if (!hasOption(the, "port", &value))
		xsUnknownError("invalid");
	int32_t port = xsmcToInteger(value);
	if (port < 0 || port > 65535)
		xsRangeError("invalid port");
	address.sin_port = htons((uint16_t)port);

	Socket* socket = calloc(1, gSocketStack->size);
	if (!socket)
		xsRangeError("no memory");
	socket->stack = gSocketStack;
	socket->the = the;
	socket->onReadable = onReadable;
	socket->onWritable = onWritable;
	socket->onError = onError;
	socket->address = address;
	socket->format = format;
	socket->noDelay = noDelay;
	socket->fd = -1;
	socket->listener.fd = &socket->fd;
	socketHold(socket);
	const char* problem = socket->stack->connect(socket);
	if (problem) {
		socketRelease(socket);
		xsUnknownError("%s", problem);
	}
	socket->self = xsThis;
	xsmcSetHostData(xsThis, socket);
	xsSetHostHooks(xsThis, &gSocketHooks);
	xsRemember(socket->self);
	socket->remembered = true;
	targetOption(the);
}

static void tcpClose(xsMachine* the)
{
	Socket* socket = hostDataIf(the, &xsThis, &gSocketHooks);
	if (!socket || socket->closed)
		return;
	socket->closed = true;
	socket->stack->close(socket);
	socketRelease(socket);
}

static void tcpRead(xsMachine* the)
{
	Socket* socket = socketOf(the);
	uint32_t readable = socket->stack->readable(socket);
	if (!readable)
		return;
	if (socket->format == numberFormat) {
		uint8_t byte;
		socket->stack->read(socket, &byte, 1);
		xsmcSetInteger(xsResult, byte);
		return;
	}
	void* bytes = NULL;
	xsUnsignedValue count = readable;
	bool given = xsmcArgc > 0 && xsmcTypeOf(xsArg(0)) == xsReferenceType;
	if (given)
		xsmcGetBufferWritable(xsArg(0), &bytes, &count);
	else if (xsmcArgc > 0) {
		int32_t wanted = xsmcToInteger(xsArg(0));
		count = wanted > 0 ? (xsUnsignedValue)wanted : 0;
	}
	if (count == 0 || count > readable)
		xsUnknownError("invalid");
	if (given)
		xsmcSetInteger(xsResult, (int32_t)count);
	else
		bytes = xsmcSetArrayBuffer(xsResult, NULL, (int32_t)count);
	socket->stack->read(socket, bytes, count);
}

static void tcpWrite(xsMachine* the)
{
	Socket* socket = socketOf(the);
	void* bytes;
	uint8_t byte;
	xsUnsignedValue count = 1;
	if (socket->format == bufferFormat)
		xsmcGetBufferReadable(xsArg(0), &bytes, &count);
	else {
		byte = (uint8_t)xsmcToInteger(xsArg(0));
		bytes = &byte;
	}
	int32_t room = socket->stack->write(socket, bytes, count);
	if (room == socketNotReady)
		xsUnknownError("not ready");
	if (room == socketWouldBlock)
		xsUnknownError("would block");
	if (room != socketFailed)
		xsmcSetInteger(xsResult, room);
}

static void tcpGetFormat(xsMachine* the)
{
	fxStringX(the, &xsResult, (xsStringValue)formatName(socketOf(the)->format));
}

static void tcpSetFormat(xsMachine* the)
{
	Socket* socket = socketOf(the);
	socket->format = formatOf(the, xsArg(0));
}

static void tcpGetRemoteAddress(xsMachine* the)
{
	char text[INET_ADDRSTRLEN];
	inet_ntop(AF_INET, &socketOf(the)->address.sin_addr, text, sizeof(text));
	xsmcSetString(xsResult, text);
}

static void tcpGetRemotePort(xsMachine* the)
{
	xsmcSetInteger(xsResult, ntohs(socketOf(the)->address.sin_port));
}

const NativeModule gTCPModule = {
	"embedded:io/socket/tcp",
	"export default class TCP @ 'host' {\n"
	"constructor(options) @ 'constructor'\n"
	"close() @ 'close'\n"
	"read(buffer) @ 'read'\n"
	"write(buffer) @ 'write'\n"
	"get format() @ 'getFormat'\n"
	"set format(it) @ 'setFormat'\n"
	"get remoteAddress() @ 'getRemoteAddress'\n"
	"get remotePort() @ 'getRemotePort'\n"
	"}\n",
	(const NativeFunction[]) {
		{ "constructor", tcpConstructor },
		{ "close", tcpClose },
		{ "read", tcpRead },
		{ "write", tcpWrite },
		{ "getFormat", tcpGetFormat },
		{ "setFormat", tcpSetFormat },
		{ "getRemoteAddress", tcpGetRemoteAddress },
		{ "getRemotePort", tcpGetRemotePort },
		{ NULL, NULL },
	},
};
