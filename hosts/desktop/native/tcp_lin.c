/*
 * Sockets that behave like those of the SDK's simulator on Linux: looked at every 20 ms, 1536 bytes each way.
 * Knows POSIX sockets. Must not know JavaScript beyond the three callbacks.
 *
 * Its oddities are kept: an error found while bytes are unread is never told, a write that fails is told to nobody,
 * a callback may come after close when both were due in the same look, and writing to a connection that
 * is gone kills the process (SIGPIPE).
 */
#include "tcp.h"

#include "loop.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#ifndef MSG_NOSIGNAL
	#define MSG_NOSIGNAL 0
#endif

enum { bufferSize = 1536, taskInterval = 20, kernelRoom = 64 * 1024 };
enum { writableBit = 1, readableBit = 2, errorBit = 4 };

typedef struct {
	Socket socket;
	Timer* task;
	bool connecting, connected, error, lost;
	uint8_t triggered;
	uint32_t room;
	uint32_t position, readable;
	uint8_t bytes[bufferSize];
	/* While the network holds everything back, the kernel of the simulator would go on taking bytes. */
	uint32_t held;
	uint8_t heldBytes[kernelRoom];
} Lin;

static void trigger(Lin* lin, uint8_t bits)
{
	Socket* socket = &lin->socket;
	if (bits & errorBit)
		lin->error = true;
	if (socket->onWritable)
		lin->triggered |= bits & writableBit;
	if (socket->onReadable)
		lin->triggered |= bits & readableBit;
	if (socket->onError)
		lin->triggered |= bits & errorBit;
}

static void report(Lin* lin)
{
	Socket* socket = &lin->socket;
	uint8_t triggered = lin->triggered;
	lin->triggered = 0;
	if ((triggered & writableBit) && lin->room && !lin->error)
		callBackCount(socket->the, socket->onWritable, socket->self, (int32_t)lin->room);
	if ((triggered & readableBit) && lin->readable)
		callBackCount(socket->the, socket->onReadable, socket->self, (int32_t)lin->readable);
	if (triggered & errorBit)
		callBack(socket->the, socket->onError, socket->self);
}

static void failed(Lin* lin)
{
	lin->error = true;
	if (!lin->readable)
		trigger(lin, errorBit);
}

static void start(Lin* lin)
{
	lin->connecting = true;
	(void)!connect(lin->socket.fd, (struct sockaddr*)&lin->socket.address, sizeof(lin->socket.address));
}

static void look(Lin* lin)
{
	struct pollfd look = { lin->socket.fd, POLLIN | POLLOUT, 0 };
	if (poll(&look, 1, 0) <= 0)
		return;
	bool gone = look.revents & (POLLERR | POLLHUP);
	if ((look.revents & POLLOUT) || gone) {
		lin->connected = true;
		if (lin->room != bufferSize) {
			lin->room = bufferSize;
			trigger(lin, writableBit);
		}
	}
	if (((look.revents & POLLIN) || gone) && lin->readable < bufferSize) {
		memmove(lin->bytes, lin->bytes + lin->position, lin->readable);
		lin->position = 0;
		ssize_t count = recv(lin->socket.fd, lin->bytes + lin->readable, bufferSize - lin->readable, 0);
		if (count > 0) {
			lin->readable += (uint32_t)count;
			trigger(lin, readableBit);
		}
		else
			failed(lin);
	}
}

static void task(Timer* timer, void* data)
{
	Lin* lin = data;
	(void)timer;
	if (lin->error)
		return;
	socketHold(&lin->socket);
	if (lin->lost)
		failed(lin);
	else if (gNetwork == networkFrozen) {
		if (lin->connected && lin->room != bufferSize && lin->held + bufferSize <= kernelRoom) {
			lin->room = bufferSize;
			trigger(lin, writableBit);
		}
	}
	else
		look(lin);
	if (lin->triggered)
		report(lin);
	socketRelease(&lin->socket);
}

static void changed(void* data)
{
	Lin* lin = data;
	if (lin->lost)
		return;
	if (gNetwork == networkCut) {
		lin->lost = true;
		networkLose(lin->socket.fd);
		lin->socket.fd = -1;
	}
	else if (gNetwork == networkUp) {
		if (!lin->connecting)
			start(lin);
		if (lin->held)
			(void)!send(lin->socket.fd, lin->heldBytes, lin->held, MSG_NOSIGNAL);
		lin->held = 0;
	}
}

static const char* linConnect(Socket* socket)
{
	Lin* lin = (Lin*)socket;
	socket->fd = socketOpen();
	if (socket->fd < 0)
		return "no socket";
	if (socket->noDelay) {
		int on = 1;
		setsockopt(socket->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	}
	socket->listener.changed = changed;
	socket->listener.data = lin;
	networkJoin(&socket->listener);
	if (gNetwork == networkUp)
		start(lin);
	else if (gNetwork == networkCut) {
		networkLose(socket->fd);
		socket->fd = -1;
		lin->lost = true;
	}
	lin->task = timerAdd(taskInterval, taskInterval, task, lin);
	return NULL;
}

static uint32_t linReadable(Socket* socket)
{
	return ((Lin*)socket)->readable;
}

static void linRead(Socket* socket, uint8_t* bytes, uint32_t count)
{
	Lin* lin = (Lin*)socket;
	memcpy(bytes, lin->bytes + lin->position, count);
	lin->position += count;
	lin->readable -= count;
}

static int32_t linWrite(Socket* socket, const uint8_t* bytes, uint32_t count)
{
	Lin* lin = (Lin*)socket;
	if (count > lin->room)
		return socketWouldBlock;
	lin->room -= count;
	if (lin->lost)
		return (int32_t)lin->room;
	if (gNetwork == networkFrozen) {
		memcpy(lin->heldBytes + lin->held, bytes, count);
		lin->held += count;
	}
	else if (send(socket->fd, bytes, count, MSG_NOSIGNAL) < 0) {
		if (errno == EPIPE)
			hostAbort("sigpipe", "wrote to a connection that is gone: SIGPIPE ends the simulator on Linux here");
		hostPrintf("write failed\n");
		trigger(lin, errorBit);
		return socketFailed;
	}
	return (int32_t)lin->room;
}

static void linClose(Socket* socket)
{
	Lin* lin = (Lin*)socket;
	networkLeave(&socket->listener);
	timerRemove(lin->task);
	lin->triggered = 0;
	if (socket->fd >= 0)
		networkClose(socket->fd, lin->heldBytes, lin->held);
	socket->fd = -1;
}

const SocketStack gLinStack = { sizeof(Lin), linConnect, linReadable, linRead, linWrite, linClose };
