/*
 * Sockets that behave like those of the boards (lwIP): told by messages, room that comes back with the other
 * side's acknowledgement, a limited number of segments on their way, a receive window.
 * Knows POSIX sockets and the sizes in board.h. Must not know JavaScript beyond the three callbacks.
 */
#include "tcp.h"

#include "board.h"
#include "loop.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#ifdef __linux__
	#include <linux/sockios.h>
#endif

#ifndef MSG_NOSIGNAL
	#define MSG_NOSIGNAL 0
#endif

enum { largestBuffer = 8192, mostSegments = 32, mostPackets = 64 };
enum { writableBit = 1, readableBit = 2, errorBit = 4, outputBit = 8 };

typedef struct {
	Socket socket;
	Watch* watch;
	Timer* acknowledgements; /* looks for them while bytes are unacknowledged */
	bool looking;
	bool connecting; /* connect(2) was called */
	bool callbacks; /* lwIP would still call */
	bool ready, error;
	uint8_t triggered;

	/* What was written: first the bytes the kernel has, then those sent but held back, then those not yet sent. */
	uint8_t out[largestBuffer];
	uint32_t outLength, outKernel;
	uint16_t segments[mostSegments]; /* their lengths; as in lwIP they count until wholly acknowledged */
	uint32_t segmentCount, segmentsSent, acknowledged; /* acknowledged: bytes of the first segment */

	/* What came in, packet by packet: the window opens again when one has been read to its end. */
	uint8_t in[largestBuffer];
	uint32_t inLength, inPosition, windowUsed;
	uint16_t packets[mostPackets];
	uint32_t packetCount, packetRead;
} Lwip;

static void deliver(void* data);

static void trigger(Lwip* lwip, uint8_t bits)
{
	if (!lwip->triggered) {
		socketHold(&lwip->socket);
		post(deliver, lwip);
	}
	lwip->triggered |= bits;
}

/* Sending */

static uint32_t sentBytes(const Lwip* lwip)
{
	uint32_t sum = 0;
	for (uint32_t i = 0; i < lwip->segmentsSent; i++)
		sum += lwip->segments[i];
	return sum - lwip->acknowledged;
}

static void intoKernel(Lwip* lwip)
{
	uint32_t sent = sentBytes(lwip);
	if (gNetwork != networkUp || lwip->socket.fd < 0 || lwip->outKernel == sent)
		return;
	ssize_t count = send(lwip->socket.fd, lwip->out + lwip->outKernel, sent - lwip->outKernel, MSG_NOSIGNAL);
	if (count > 0) /* an error shows up in the watch */
		lwip->outKernel += (uint32_t)count;
}

static void expectAcknowledgements(Lwip* lwip)
{
	bool expected = lwip->segmentsSent && gNetwork == networkUp && lwip->socket.fd >= 0;
	if (expected && !lwip->looking)
		timerSchedule(lwip->acknowledgements, 1, 1);
	else if (!expected && lwip->looking)
		timerUnschedule(lwip->acknowledgements);
	lwip->looking = expected;
}

/* Nagle: a short segment waits while anything is unacknowledged. */
static void output(Lwip* lwip)
{
	while (lwip->segmentsSent < lwip->segmentCount) {
		bool full = lwip->segments[lwip->segmentsSent] >= gBoard->segment;
		bool more = lwip->segmentsSent + 1 < lwip->segmentCount;
		if (lwip->segmentsSent && !lwip->socket.noDelay && !full && !more)
			break;
		lwip->segmentsSent++;
	}
	intoKernel(lwip);
	expectAcknowledgements(lwip);
}

static bool enqueue(Lwip* lwip, const uint8_t* bytes, uint32_t count)
{
	uint32_t left = count, segments = lwip->segmentCount;
	uint16_t* last = segments > lwip->segmentsSent ? &lwip->segments[segments - 1] : NULL;
	if (segments >= gBoard->sendSegments)
		return false;
	uint32_t space = last ? gBoard->segment - *last : 0;
	uint32_t joined = left < space ? left : space;
	if (segments + (left - joined + gBoard->segment - 1) / gBoard->segment > gBoard->sendSegments)
		return false;
	if (last)
		*last = (uint16_t)(*last + joined);
	for (left -= joined; left; left -= lwip->segments[lwip->segmentCount++])
		lwip->segments[lwip->segmentCount] = (uint16_t)(left < gBoard->segment ? left : gBoard->segment);
	memcpy(lwip->out + lwip->outLength, bytes, count);
	lwip->outLength += count;
	return true;
}

static uint32_t inKernel(int fd)
{
	int count = 0;
#ifdef __linux__
	if (ioctl(fd, SIOCOUTQ, &count))
		return 0;
#else
	socklen_t size = sizeof(count);
	if (getsockopt(fd, SOL_SOCKET, SO_NWRITE, &count, &size))
		return 0;
#endif
	return (uint32_t)count;
}

static void acknowledge(Lwip* lwip, uint32_t count)
{
	lwip->outLength -= count;
	lwip->outKernel -= count;
	memmove(lwip->out, lwip->out + count, lwip->outLength);
	lwip->acknowledged += count;
	while (lwip->segmentsSent && lwip->acknowledged >= lwip->segments[0]) {
		lwip->acknowledged -= lwip->segments[0];
		lwip->segmentsSent--;
		lwip->segmentCount--;
		memmove(lwip->segments, lwip->segments + 1, lwip->segmentCount * sizeof(uint16_t));
	}
}

static void lookForAcknowledgements(Lwip* lwip)
{
	if (gNetwork != networkUp || lwip->socket.fd < 0 || !lwip->outKernel)
		return;
	uint32_t waiting = inKernel(lwip->socket.fd);
	if (waiting >= lwip->outKernel)
		return;
	acknowledge(lwip, lwip->outKernel - waiting);
	if (lwip->callbacks && lwip->socket.onWritable)
		trigger(lwip, writableBit);
}

static void lookAgain(Timer* timer, void* data)
{
	(void)timer;
	lookForAcknowledgements(data);
	output(data);
}

/* Receiving */

static void setWatch(Lwip* lwip)
{
	if (!lwip->watch)
		return;
	if (gNetwork != networkUp || !lwip->connecting || !lwip->callbacks)
		watchSet(lwip->watch, -1);
	else if (!lwip->ready && !lwip->error)
		watchSet(lwip->watch, POLLOUT);
	else
		watchSet(lwip->watch, lwip->windowUsed < gBoard->window && lwip->packetCount < mostPackets ? POLLIN : 0);
}

/* lwIP's tcp_err: the connection is no more, only bytes already here can be read. */
static void broken(Lwip* lwip)
{
	lwip->callbacks = false;
	if (lwip->watch)
		watchRemove(lwip->watch);
	lwip->watch = NULL;
	if (lwip->socket.fd >= 0)
		networkClose(lwip->socket.fd, NULL, 0);
	lwip->socket.fd = -1;
	if (lwip->socket.onError)
		trigger(lwip, errorBit);
}

static void receive(Lwip* lwip)
{
	uint32_t space = gBoard->window - lwip->windowUsed;
	if (space > gBoard->segment)
		space = gBoard->segment;
	if (lwip->inPosition) {
		memmove(lwip->in, lwip->in + lwip->inPosition, lwip->inLength);
		lwip->inPosition = 0;
	}
	ssize_t count = recv(lwip->socket.fd, lwip->in + lwip->inLength, space, 0);
	if (count > 0) {
		lwip->inLength += (uint32_t)count;
		lwip->windowUsed += (uint32_t)count;
		lwip->packets[lwip->packetCount++] = (uint16_t)count;
		if (lwip->socket.onReadable)
			trigger(lwip, readableBit);
	}
	else if (count == 0) {
		lwip->callbacks = false; /* end of stream: it is told, when all has been read, as an error */
		trigger(lwip, errorBit);
	}
	else if (errno != EAGAIN && errno != EINTR)
		broken(lwip);
	setWatch(lwip);
}

static void ready(void* data, short events)
{
	Lwip* lwip = data;
	int error = 0;
	socklen_t size = sizeof(error);
	lookForAcknowledgements(lwip); /* they came with or before what is there to read */
	if (!lwip->ready && !lwip->error) {
		getsockopt(lwip->socket.fd, SOL_SOCKET, SO_ERROR, &error, &size);
		if (error) {
			broken(lwip);
			return;
		}
		lwip->ready = true;
		trigger(lwip, writableBit);
		setWatch(lwip);
	}
	else if (events & POLLIN) {
		/* All that has arrived by now is told in one callback. */
		do
			receive(lwip);
		while (lwip->callbacks && lwip->windowUsed < gBoard->window && lwip->packetCount < mostPackets &&
			poll(&(struct pollfd){ lwip->socket.fd, POLLIN, 0 }, 1, 0) > 0);
	}
	else if (events & (POLLERR | POLLHUP))
		broken(lwip);
}

static void deliver(void* data)
{
	Lwip* lwip = data;
	Socket* socket = &lwip->socket;
	uint8_t triggered = lwip->triggered;
	lwip->triggered = 0;
	if (triggered & errorBit) {
		triggered &= (uint8_t)~(outputBit | writableBit);
		lwip->error = true;
		lwip->ready = false;
	}
	if ((triggered & outputBit) && socket->fd >= 0)
		output(lwip);
	if ((triggered & readableBit) && !socket->closed && lwip->inLength)
		callBackCount(socket->the, socket->onReadable, socket->self, (int32_t)lwip->inLength);
	if (lwip->error) {
		if (!lwip->inLength && !socket->closed)
			callBack(socket->the, socket->onError, socket->self);
	}
	else if ((triggered & writableBit) && lwip->callbacks && !socket->closed)
		callBackCount(socket->the, socket->onWritable, socket->self, (int32_t)(gBoard->sendBuffer - lwip->outLength));
	socketRelease(socket);
}

static void start(Lwip* lwip)
{
	lwip->connecting = true;
	(void)!connect(lwip->socket.fd, (struct sockaddr*)&lwip->socket.address, sizeof(lwip->socket.address));
	setWatch(lwip);
}

static void changed(void* data)
{
	Lwip* lwip = data;
	if (gNetwork == networkCut) {
		if (lwip->socket.fd >= 0) {
			networkLose(lwip->socket.fd);
			lwip->socket.fd = -1;
			if (lwip->callbacks)
				broken(lwip);
		}
	}
	else if (gNetwork == networkUp && lwip->socket.fd >= 0) {
		if (!lwip->connecting)
			start(lwip);
		intoKernel(lwip);
	}
	expectAcknowledgements(lwip);
	setWatch(lwip);
}

static const char* lwipConnect(Socket* socket)
{
	Lwip* lwip = (Lwip*)socket;
	if (gNetwork == networkCut)
		return "connect error"; /* no route: lwIP refuses at once */
	socket->fd = socketOpen();
	if (socket->fd < 0)
		return "no socket";
	/* Segments and window of the board, so that the other side feels a reader that pauses. When to send is decided here. */
	int on = 1, segment = (int)gBoard->segment, window = (int)gBoard->window;
	setsockopt(socket->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(socket->fd, IPPROTO_TCP, TCP_MAXSEG, &segment, sizeof(segment));
	setsockopt(socket->fd, SOL_SOCKET, SO_RCVBUF, &window, sizeof(window));
	lwip->callbacks = true;
	lwip->acknowledgements = timerAdd(0, 0, lookAgain, lwip);
	timerUnschedule(lwip->acknowledgements);
	lwip->watch = watchAdd(socket->fd, -1, ready, lwip);
	socket->listener.changed = changed;
	socket->listener.data = lwip;
	networkJoin(&socket->listener);
	if (gNetwork == networkUp)
		start(lwip);
	return NULL;
}

static uint32_t lwipReadable(Socket* socket)
{
	return ((Lwip*)socket)->inLength;
}

static void lwipRead(Socket* socket, uint8_t* bytes, uint32_t count)
{
	Lwip* lwip = (Lwip*)socket;
	memcpy(bytes, lwip->in + lwip->inPosition, count);
	lwip->inPosition += count;
	lwip->inLength -= count;
	lwip->packetRead += count;
	while (lwip->packetCount && lwip->packetRead >= lwip->packets[0]) {
		lwip->packetRead -= lwip->packets[0];
		lwip->windowUsed -= lwip->packets[0];
		lwip->packetCount--;
		memmove(lwip->packets, lwip->packets + 1, lwip->packetCount * sizeof(uint16_t));
	}
	if (!lwip->inLength && lwip->error)
		trigger(lwip, errorBit);
	setWatch(lwip);
}

static int32_t lwipWrite(Socket* socket, const uint8_t* bytes, uint32_t count)
{
	Lwip* lwip = (Lwip*)socket;
	if (!lwip->ready)
		return socketNotReady;
	if (lwip->error || socket->fd < 0)
		return socketFailed;
	lookForAcknowledgements(lwip);
	if (count > gBoard->sendBuffer - lwip->outLength)
		return socketWouldBlock;
	if (!enqueue(lwip, bytes, count)) {
		hostPrintf("tcp write failed\n");
		trigger(lwip, errorBit);
		return socketFailed;
	}
	trigger(lwip, outputBit);
	return (int32_t)(gBoard->sendBuffer - lwip->outLength);
}

static void lwipClose(Socket* socket)
{
	Lwip* lwip = (Lwip*)socket;
	lwip->callbacks = lwip->ready = false;
	networkLeave(&socket->listener);
	timerRemove(lwip->acknowledgements);
	if (lwip->watch)
		watchRemove(lwip->watch);
	lwip->watch = NULL;
	if (socket->fd >= 0)
		networkClose(socket->fd, lwip->out + lwip->outKernel, lwip->outLength - lwip->outKernel);
	socket->fd = -1;
}

const SocketStack gLwipStack = { sizeof(Lwip), lwipConnect, lwipReadable, lwipRead, lwipWrite, lwipClose };
