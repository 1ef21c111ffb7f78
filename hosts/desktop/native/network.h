/* The air between this board and the others: there, gone, or holding everything back. */
#ifndef NETWORK_H
#define NETWORK_H

#include <stddef.h>
#include <stdint.h>

typedef enum { networkUp, networkCut, networkFrozen } NetworkState;

extern NetworkState gNetwork;

/* Told of each change; one may leave while it is told. */
typedef struct NetworkListener {
	struct NetworkListener* next;
	void (*changed)(void* data);
	void* data;
	int* fd; /* reset when the board vanishes */
} NetworkListener;

extern void networkJoin(NetworkListener* listener);
extern void networkLeave(NetworkListener* listener);
extern void networkChange(NetworkState state);

/* Hands over a connection its owner is done with: it ends now, or when the network lets that through. */
extern void networkClose(int fd, const uint8_t* unsent, size_t length);
/* The same for one that was lost: the other side hears nothing until it speaks, then a reset. */
extern void networkLose(int fd);
/* Power off: no connection says goodbye. */
extern void networkVanish(void);

#endif
