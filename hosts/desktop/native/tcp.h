/* A TCP socket as JavaScript sees it, and what a stack must do for it. */
#ifndef TCP_H
#define TCP_H

#include "host.h"
#include "network.h"

#include <netinet/in.h>

typedef struct Socket Socket;

/* What write reports beside the room left. */
enum { socketFailed = -1, socketWouldBlock = -2, socketNotReady = -3 };

typedef struct {
	size_t size; /* of its record, which begins with a Socket */
	const char* (*connect)(Socket* socket); /* the message of the exception, if it cannot even begin */
	uint32_t (*readable)(Socket* socket);
	void (*read)(Socket* socket, uint8_t* bytes, uint32_t count);
	int32_t (*write)(Socket* socket, const uint8_t* bytes, uint32_t count);
	void (*close)(Socket* socket); /* no callback from now on, except those the stack is in the middle of */
} SocketStack;

struct Socket {
	const SocketStack* stack;
	xsMachine* the;
	xsSlot self;
	xsSlot *onReadable, *onWritable, *onError;
	struct sockaddr_in address;
	NetworkListener listener;
	int fd;
	int holds; /* by JavaScript, by a delivery on its way; at 0 the record is freed */
	uint8_t format;
	bool noDelay, remembered, closed;
};

extern const SocketStack gLwipStack, gLinStack;
extern const SocketStack* gSocketStack; /* what new sockets use */

extern void socketHold(Socket* socket);
extern void socketRelease(Socket* socket);
extern int socketOpen(void); /* non-blocking */

#endif
