/*
 * The state of the network, and the connections that outlive their sockets in it.
 * Knows file descriptors. Must not know XS, nor how a stack keeps its bytes.
 */
#include "network.h"

#include "loop.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef MSG_NOSIGNAL
	#define MSG_NOSIGNAL 0
#endif

NetworkState gNetwork = networkUp;

static NetworkListener *gListeners, *gNextTold;

void networkJoin(NetworkListener* listener)
{
	NetworkListener** address = &gListeners;
	while (*address)
		address = &(*address)->next;
	listener->next = NULL;
	*address = listener;
}

void networkLeave(NetworkListener* listener)
{
	if (gNextTold == listener)
		gNextTold = listener->next;
	for (NetworkListener** address = &gListeners; *address; address = &(*address)->next)
		if (*address == listener) {
			*address = listener->next;
			return;
		}
}

/* Connections nobody owns any more. */
typedef struct Orphan {
	struct Orphan* next;
	int fd;
	bool lost;
	Watch* watch;
	size_t length;
	uint8_t unsent[];
} Orphan;

static Orphan* gOrphans;

static void reset(int fd)
{
	struct linger hard = { 1, 0 };
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	close(fd);
}

static void finish(int fd, const uint8_t* unsent, size_t length)
{
	if (length)
		(void)!send(fd, unsent, length, MSG_NOSIGNAL | MSG_DONTWAIT);
	close(fd);
}

static Orphan* adopt(int fd, bool lost, const uint8_t* unsent, size_t length)
{
	Orphan* orphan = malloc(sizeof(Orphan) + length);
	if (!orphan)
		abort();
	*orphan = (Orphan){ .next = gOrphans, .fd = fd, .lost = lost, .length = length };
	if (length)
		memcpy(orphan->unsent, unsent, length);
	gOrphans = orphan;
	return orphan;
}

static void release(Orphan* orphan)
{
	for (Orphan** address = &gOrphans; *address; address = &(*address)->next)
		if (*address == orphan) {
			*address = orphan->next;
			break;
		}
	if (orphan->watch)
		watchRemove(orphan->watch);
	free(orphan);
}

void networkClose(int fd, const uint8_t* unsent, size_t length)
{
	if (gNetwork == networkUp)
		finish(fd, unsent, length);
	else
		adopt(fd, false, unsent, length);
}

/* The other side has spoken to a connection this side has forgotten. */
static void heard(void* data, short events)
{
	Orphan* orphan = data;
	(void)events;
	reset(orphan->fd);
	release(orphan);
}

void networkLose(int fd)
{
	Orphan* orphan = adopt(fd, true, NULL, 0);
	orphan->watch = watchAdd(fd, gNetwork == networkUp ? POLLIN : -1, heard, orphan);
}

static void tellOrphans(void)
{
	Orphan* next;
	for (Orphan* orphan = gOrphans; orphan; orphan = next) {
		next = orphan->next;
		if (orphan->lost)
			watchSet(orphan->watch, gNetwork == networkUp ? POLLIN : -1);
		else if (gNetwork == networkUp) {
			finish(orphan->fd, orphan->unsent, orphan->length);
			release(orphan);
		}
	}
}

void networkChange(NetworkState state)
{
	if (gNetwork == state)
		return;
	gNetwork = state;
	tellOrphans();
	for (NetworkListener* listener = gListeners; listener; listener = gNextTold) {
		gNextTold = listener->next;
		listener->changed(listener->data);
	}
}

void networkVanish(void)
{
	for (NetworkListener* listener = gListeners; listener; listener = listener->next)
		if (listener->fd && *listener->fd >= 0)
			reset(*listener->fd);
	for (Orphan* orphan = gOrphans; orphan; orphan = orphan->next)
		reset(orphan->fd);
}
