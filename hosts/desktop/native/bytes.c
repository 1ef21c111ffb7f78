/*
 * The module "desktop/bytes": what WebSocket needs of a computer. Knows XS's public interface. Nothing allocates.
 */
#include "host.h"

#include <sys/random.h>

/* (bytes, mask): all of the bytes are combined with the mask's in turn. */
static void bytesXor(xsMachine* the)
{
	void *bytes, *mask;
	xsUnsignedValue length, size;
	xsmcGetBufferWritable(xsArg(0), &bytes, &length);
	xsmcGetBufferReadable(xsArg(1), &mask, &size);
	if (size == 0)
		xsRangeError("invalid mask");
	for (xsUnsignedValue i = 0, j = 0; i < length; i++, j = j + 1 == size ? 0 : j + 1)
		((uint8_t*)bytes)[i] ^= ((const uint8_t*)mask)[j];
}

/* A whole number of 32 bits, from the system: nobody can foretell it. */
static void bytesRandom(xsMachine* the)
{
	int32_t number;
	if (getentropy(&number, sizeof(number)))
		xsUnknownError("the system has no random numbers");
	xsmcSetInteger(xsResult, number);
}

const NativeModule gBytesModule = {
	"desktop/bytes",
	"export function xor(bytes, mask) @ 'xor'\n"
	"export function random() @ 'random'\n",
	(const NativeFunction[]) {
		{ "xor", bytesXor },
		{ "random", bytesRandom },
		{ NULL, NULL },
	},
};
