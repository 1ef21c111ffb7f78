/*
 * The module "embedded:network/dns/resolver/udp": names to IPv4 addresses, asked of this computer in threads.
 * Knows getaddrinfo and the event loop. Must not know sockets.
 *
 * Timing is that of the SDK's resolver: asked again each second, given up after five for each server.
 */
#include "host.h"
#include "loop.h"
#include "network.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <pthread.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { nameMaximum = 254, retryInterval = 1000, retries = 5 };

typedef struct Resolver Resolver;

typedef struct Request {
	struct Request* next;
	Resolver* resolver;
	xsSlot *onResolved, *onError;
	Timer* timer;
	bool asking; /* a thread has it */
	bool dropped; /* its resolver was closed: freed when the thread is back */
	bool found;
	int asked, limit;
	char host[nameMaximum];
	char address[INET_ADDRSTRLEN];
	char answer[INET_ADDRSTRLEN]; /* the thread's, empty when there is none */
} Request;

struct Resolver {
	xsMachine* the;
	xsSlot self;
	int servers;
	Request* requests;
};

static void markResolver(xsMachine* the, void* data, xsMarkRoot markRoot)
{
	Resolver* resolver = data;
	for (Request* request = resolver ? resolver->requests : NULL; request; request = request->next) {
		if (request->onResolved)
			(*markRoot)(the, request->onResolved);
		if (request->onError)
			(*markRoot)(the, request->onError);
	}
}

/* An object with requests is remembered, so one that is collected has none. */
static void deleteResolver(void* data)
{
	free(data);
}

static const xsHostHooks gResolverHooks = { deleteResolver, markResolver, NULL };

/* Threads */

static int gPipe[2] = { -1, -1 };

static void* ask(void* data)
{
	Request* request = data;
	struct addrinfo hints = { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM }, *found = NULL;
	request->answer[0] = 0;
	if (!getaddrinfo(request->host, NULL, &hints, &found) && found)
		inet_ntop(AF_INET, &((struct sockaddr_in*)found->ai_addr)->sin_addr, request->answer, sizeof(request->answer));
	if (found)
		freeaddrinfo(found);
	(void)!write(gPipe[1], &request, sizeof(request));
	return NULL;
}

static void answered(void* data, short events);

static void startThread(Request* request)
{
	pthread_t thread;
	if (gPipe[0] < 0) {
		if (pipe(gPipe))
			abort();
		watchAdd(gPipe[0], POLLIN, answered, NULL);
	}
	request->asking = true;
	if (pthread_create(&thread, NULL, ask, request))
		request->asking = false;
	else
		pthread_detach(thread);
}

/* Requests */

static void unlinkRequest(Request* request)
{
	Resolver* resolver = request->resolver;
	xsMachine* the = resolver->the;
	for (Request** address = &resolver->requests; *address; address = &(*address)->next)
		if (*address == request) {
			*address = request->next;
			break;
		}
	timerRemove(request->timer);
	if (!resolver->requests)
		xsForget(resolver->self);
}

static void freeRequest(Request* request)
{
	if (request->asking)
		request->dropped = true;
	else
		free(request);
}

static void finish(Request* request)
{
	Resolver* resolver = request->resolver;
	xsMachine* the = resolver->the;
	bool found = request->found;
	xsBeginHost(the);
		xsmcVars(3);
		xsSlot* callback = found ? request->onResolved : request->onError;
		xsVar(0) = resolver->self;
		if (callback)
			xsVar(2) = xsReference(callback);
		unlinkRequest(request);
		xsResult = xsString(request->host);
		if (found)
			xsVar(1) = xsString(request->address);
		freeRequest(request);
		if (callback) {
			if (found)
				xsCallFunction2(xsVar(2), xsVar(0), xsResult, xsVar(1));
			else
				xsCallFunction1(xsVar(2), xsVar(0), xsResult);
		}
	xsEndHost(the);
}

static void answered(void* data, short events)
{
	Request* request;
	(void)data;
	(void)events;
	if (read(gPipe[0], &request, sizeof(request)) != sizeof(request))
		return;
	request->asking = false;
	if (request->dropped)
		free(request);
	else if (gNetwork == networkUp) { /* else the answer is lost on its way */
		strcpy(request->address, request->answer);
		request->found = request->answer[0] != 0;
		finish(request);
	}
}

static void ticked(Timer* timer, void* data)
{
	Request* request = data;
	(void)timer;
	if (request->found) /* it was an address all along */
		finish(request);
	else if (request->asked++ == request->limit)
		finish(request);
	else if (gNetwork == networkUp && !request->asking)
		startThread(request);
}

/* JavaScript */

static Resolver* resolverOf(xsMachine* the)
{
	Resolver* resolver = hostDataIf(the, &xsThis, &gResolverHooks);
	if (!resolver)
		xsTypeError("the resolver is closed");
	return resolver;
}

static void resolverConstructor(xsMachine* the)
{
	xsSlot servers, length;
	Resolver* resolver = calloc(1, sizeof(Resolver));
	if (!resolver)
		xsUnknownError("no memory");
	resolver->the = the;
	resolver->servers = 1;
	xsmcSetHostData(xsThis, resolver);
	xsSetHostHooks(xsThis, &gResolverHooks);
	resolver->self = xsThis;
	if (xsmcArgc && xsmcTypeOf(xsArg(0)) == xsReferenceType && hasOption(the, "servers", &servers)) {
		xsmcGet(length, servers, xsID("length"));
		resolver->servers = xsmcToInteger(length);
	}
}

static void resolverResolve(xsMachine* the)
{
	Resolver* resolver = resolverOf(the);
	struct in_addr address;
	xsSlot value;
	xsSlot* onResolved = callbackOption(the, "onResolved");
	xsSlot* onError = callbackOption(the, "onError");
	if (!hasOption(the, "host", &value) || !xsmcTest(value) || (!onResolved && !onError))
		xsUnknownError("invalid");
	const char* host = xsmcToString(value);
	if (strlen(host) >= nameMaximum)
		xsRangeError("host name too long");
	Request* request = calloc(1, sizeof(Request));
	if (!request)
		xsUnknownError("no memory");
	strcpy(request->host, strcmp(host, "localhost") ? host : "127.0.0.1");
	if (inet_pton(AF_INET, request->host, &address) == 1) {
		strcpy(request->address, request->host);
		request->found = true;
	}
	request->resolver = resolver;
	request->onResolved = onResolved;
	request->onError = onError;
	request->limit = retries * (resolver->servers > 0 ? resolver->servers : 1);
	request->timer = timerAdd(0, retryInterval, ticked, request);
	if (!resolver->requests)
		xsRemember(resolver->self);
	Request** end = &resolver->requests;
	while (*end)
		end = &(*end)->next;
	*end = request;
}

static void resolverClose(xsMachine* the)
{
	Resolver* resolver = hostDataIf(the, &xsThis, &gResolverHooks);
	if (!resolver)
		return;
	while (resolver->requests) {
		Request* request = resolver->requests;
		unlinkRequest(request);
		freeRequest(request);
	}
	xsmcSetHostData(xsThis, NULL);
	free(resolver);
}

const NativeModule gResolverModule = {
	"embedded:network/dns/resolver/udp",
	"export default class Resolver @ 'host' {\n"
	"constructor(options) @ 'constructor'\n"
	"resolve(options) @ 'resolve'\n"
	"close() @ 'close'\n"
	"}\n",
	(const NativeFunction[]) {
		{ "constructor", resolverConstructor },
		{ "resolve", resolverResolve },
		{ "close", resolverClose },
		{ NULL, NULL },
	},
};
