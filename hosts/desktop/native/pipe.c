/*
 * The module "desktop/pipe": a socket in memory, for tests and benchmarks. What comes in and how much goes out
 * is decided by JavaScript, synchronously. Same rules of read and write as the board's TCP.
 * Knows XS only. Must not know the event loop. Nothing allocates once one is made.
 */
#include "host.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
	xsMachine* the;
	xsSlot *onReadable, *onWritable, *onError;
	uint8_t format;
	bool opened, failed, closed, shortReads;
	uint32_t capacity, available, position; /* what came in */
	uint32_t room;
	uint32_t outCapacity, outLength; /* what went out and was not taken; more than fits is only counted */
	double written, writes;
	uint8_t *in, *out;
} Pipe;

static void markPipe(xsMachine* the, void* data, xsMarkRoot markRoot)
{
	Pipe* pipe = data;
	if (!pipe)
		return;
	if (pipe->onReadable)
		(*markRoot)(the, pipe->onReadable);
	if (pipe->onWritable)
		(*markRoot)(the, pipe->onWritable);
	if (pipe->onError)
		(*markRoot)(the, pipe->onError);
}

static void deletePipe(void* data)
{
	Pipe* pipe = data;
	if (!pipe)
		return;
	free(pipe->in);
	free(pipe->out);
	free(pipe);
}

static const xsHostHooks gPipeHooks = { deletePipe, markPipe, NULL };

static Pipe* pipeOf(xsMachine* the)
{
	Pipe* pipe = hostDataIf(the, &xsThis, &gPipeHooks);
	if (!pipe)
		xsTypeError("invalid host data");
	return pipe;
}

static Pipe* openPipeOf(xsMachine* the)
{
	Pipe* pipe = pipeOf(the);
	if (pipe->closed)
		xsTypeError("invalid host data");
	return pipe;
}

static uint32_t sizeOption(xsMachine* the, const char* name, uint32_t otherwise)
{
	xsSlot value;
	if (!hasOption(the, name, &value))
		return otherwise;
	int32_t size = xsmcToInteger(value);
	if (size < 0)
		xsRangeError("invalid %s", name);
	return (uint32_t)size;
}

static void pipeConstructor(xsMachine* the)
{
	xsSlot value;
	if (xsmcArgc == 0 || xsmcTypeOf(xsArg(0)) != xsReferenceType)
		xsTypeError("options missing");
	Pipe* pipe = calloc(1, sizeof(Pipe));
	if (!pipe)
		xsUnknownError("no memory");
	xsmcSetHostData(xsThis, pipe);
	xsSetHostHooks(xsThis, &gPipeHooks);
	pipe->the = the;
	pipe->onReadable = callbackOption(the, "onReadable");
	pipe->onWritable = callbackOption(the, "onWritable");
	pipe->onError = callbackOption(the, "onError");
	pipe->shortReads = hasOption(the, "shortReads", &value) && xsmcTest(value);
	pipe->format = hasOption(the, "format", &value) && xsmcTest(value) ? formatOf(the, value) : bufferFormat;
	pipe->room = sizeOption(the, "room", 1536);
	pipe->capacity = sizeOption(the, "capacity", 4096);
	pipe->outCapacity = pipe->room > pipe->capacity ? pipe->room : pipe->capacity;
	pipe->in = malloc(pipe->capacity + 1);
	pipe->out = malloc(pipe->outCapacity + 1);
	if (!pipe->in || !pipe->out)
		xsUnknownError("no memory");
	targetOption(the);
}

static void call(xsMachine* the, xsSlot* function, int32_t count)
{
	if (!function)
		return;
	xsResult = xsInteger(count);
	xsCallFunction1(xsReference(function), xsThis, xsResult);
	xsmcSetUndefined(xsResult);
}

static void pipeOpen(xsMachine* the)
{
	Pipe* pipe = openPipeOf(the);
	pipe->opened = true;
	call(the, pipe->onWritable, (int32_t)pipe->room);
}

static void pipeFeed(xsMachine* the)
{
	Pipe* pipe = openPipeOf(the);
	void* bytes;
	xsUnsignedValue count;
	xsmcGetBufferReadable(xsArg(0), &bytes, &count);
	if (xsmcArgc > 1) {
		int32_t length = xsmcToInteger(xsArg(1));
		if (length < 0 || (xsUnsignedValue)length > count)
			xsRangeError("invalid length");
		count = (xsUnsignedValue)length;
	}
	if (count > pipe->capacity - pipe->available)
		xsRangeError("over capacity");
	memmove(pipe->in, pipe->in + pipe->position, pipe->available);
	pipe->position = 0;
	memcpy(pipe->in + pipe->available, bytes, count);
	pipe->available += count;
	if (count)
		call(the, pipe->onReadable, (int32_t)pipe->available);
}

static void pipeDrain(xsMachine* the)
{
	Pipe* pipe = openPipeOf(the);
	int32_t room = xsmcToInteger(xsArg(0));
	if (room < 0)
		xsRangeError("invalid room");
	pipe->room = (uint32_t)room;
	call(the, pipe->onWritable, room);
}

static void pipeFail(xsMachine* the)
{
	Pipe* pipe = openPipeOf(the);
	pipe->failed = true;
	if (pipe->onError)
		xsCallFunction0(xsReference(pipe->onError), xsThis);
}

static void pipeRead(xsMachine* the)
{
	Pipe* pipe = openPipeOf(the);
	if (!pipe->available)
		return;
	if (pipe->format == numberFormat) {
		xsmcSetInteger(xsResult, pipe->in[pipe->position++]);
		pipe->available--;
		return;
	}
	void* bytes = NULL;
	xsUnsignedValue count = pipe->available;
	bool given = xsmcArgc > 0 && xsmcTypeOf(xsArg(0)) == xsReferenceType;
	if (given)
		xsmcGetBufferWritable(xsArg(0), &bytes, &count);
	else if (xsmcArgc > 0) {
		int32_t wanted = xsmcToInteger(xsArg(0));
		count = wanted > 0 ? (xsUnsignedValue)wanted : 0;
	}
	if (pipe->shortReads && count > pipe->available)
		count = pipe->available;
	if (count == 0 || count > pipe->available)
		xsUnknownError("invalid");
	if (given)
		xsmcSetInteger(xsResult, (int32_t)count);
	else
		bytes = xsmcSetArrayBuffer(xsResult, NULL, (int32_t)count);
	memcpy(bytes, pipe->in + pipe->position, count);
	pipe->position += count;
	pipe->available -= count;
}

static void pipeWrite(xsMachine* the)
{
	Pipe* pipe = openPipeOf(the);
	void* bytes;
	uint8_t byte;
	xsUnsignedValue count = 1;
	if (!pipe->opened)
		xsUnknownError("not ready");
	if (pipe->failed)
		return;
	if (pipe->format == bufferFormat)
		xsmcGetBufferReadable(xsArg(0), &bytes, &count);
	else {
		byte = (uint8_t)xsmcToInteger(xsArg(0));
		bytes = &byte;
	}
	if (count > pipe->room)
		xsUnknownError("would block");
	pipe->room -= count;
	pipe->written += count;
	pipe->writes++;
	if (pipe->outLength <= pipe->outCapacity && count <= pipe->outCapacity - pipe->outLength) {
		memcpy(pipe->out + pipe->outLength, bytes, count);
		pipe->outLength += count;
	}
	else
		pipe->outLength = pipe->outCapacity + 1; /* lost: take says so */
	xsmcSetInteger(xsResult, (int32_t)pipe->room);
}

static void pipeTake(xsMachine* the)
{
	Pipe* pipe = pipeOf(the);
	void* bytes;
	xsUnsignedValue count;
	if (pipe->outLength > pipe->outCapacity) {
		pipe->outLength = 0;
		xsRangeError("more was written than could be kept: take more often");
	}
	xsmcGetBufferWritable(xsArg(0), &bytes, &count);
	if (count > pipe->outLength)
		count = pipe->outLength;
	memcpy(bytes, pipe->out, count);
	pipe->outLength -= count;
	memmove(pipe->out, pipe->out + count, pipe->outLength);
	xsmcSetInteger(xsResult, (int32_t)count);
}

static void pipeClose(xsMachine* the)
{
	Pipe* pipe = pipeOf(the);
	pipe->closed = true;
	pipe->available = 0;
}

static void pipeGetWritten(xsMachine* the)
{
	xsmcSetNumber(xsResult, pipeOf(the)->written);
}

static void pipeGetWrites(xsMachine* the)
{
	xsmcSetNumber(xsResult, pipeOf(the)->writes);
}

static void pipeGetClosed(xsMachine* the)
{
	xsmcSetBoolean(xsResult, pipeOf(the)->closed);
}

static void pipeGetAvailable(xsMachine* the)
{
	xsmcSetInteger(xsResult, (int32_t)pipeOf(the)->available);
}

static void pipeGetFormat(xsMachine* the)
{
	fxStringX(the, &xsResult, (xsStringValue)formatName(openPipeOf(the)->format));
}

static void pipeSetFormat(xsMachine* the)
{
	Pipe* pipe = openPipeOf(the);
	pipe->format = formatOf(the, xsArg(0));
}

const NativeModule gPipeModule = {
	"desktop/pipe",
	"export default class Pipe @ 'host' {\n"
	"constructor(options) @ 'constructor'\n"
	"close() @ 'close'\n"
	"read(buffer) @ 'read'\n"
	"write(buffer) @ 'write'\n"
	"get format() @ 'getFormat'\n"
	"set format(it) @ 'setFormat'\n"
	"open() @ 'open'\n"
	"feed(buffer, length) @ 'feed'\n"
	"drain(room) @ 'drain'\n"
	"fail() @ 'fail'\n"
	"take(buffer) @ 'take'\n"
	"get written() @ 'getWritten'\n"
	"get writes() @ 'getWrites'\n"
	"get closed() @ 'getClosed'\n"
	"get available() @ 'getAvailable'\n"
	"}\n",
	(const NativeFunction[]) {
		{ "constructor", pipeConstructor },
		{ "close", pipeClose },
		{ "read", pipeRead },
		{ "write", pipeWrite },
		{ "getFormat", pipeGetFormat },
		{ "setFormat", pipeSetFormat },
		{ "open", pipeOpen },
		{ "feed", pipeFeed },
		{ "drain", pipeDrain },
		{ "fail", pipeFail },
		{ "take", pipeTake },
		{ "getWritten", pipeGetWritten },
		{ "getWrites", pipeGetWrites },
		{ "getClosed", pipeGetClosed },
		{ "getAvailable", pipeGetAvailable },
		{ NULL, NULL },
	},
};
