/*
 * Reads the options the ECMA-419 constructors have in common, and calls back without allocating.
 * Knows XS's public interface only. Must not know what the callbacks are for.
 */
#include "host.h"

#include <string.h>

xsSlot* callbackOption(xsMachine* the, const char* name)
{
	xsSlot value;
	xsmcGet(value, xsArg(0), xsID(name));
	xsType type = xsmcTypeOf(value);
	if (type == xsUndefinedType || type == xsNullType)
		return NULL;
	if (!xsmcIsCallable(value))
		xsUnknownError("not a function");
	return fxToReference(the, &value);
}

bool hasOption(xsMachine* the, const char* name, xsSlot* value)
{
	if (!xsmcHas(xsArg(0), xsID(name)))
		return false;
	xsmcGet(*value, xsArg(0), xsID(name));
	return xsmcTypeOf(*value) != xsUndefinedType;
}

void targetOption(xsMachine* the)
{
	xsSlot target;
	if (hasOption(the, "target", &target))
		xsmcSet(xsThis, xsID("target"), target);
}

/* An exception that leaves a callback has nobody above it: xsEndHost aborts, like a board. */
void callBack(xsMachine* the, xsSlot* function, xsSlot self)
{
	if (!function)
		return;
	xsBeginHost(the);
		xsCallFunction0(xsReference(function), self);
	xsEndHost(the);
}

void callBackCount(xsMachine* the, xsSlot* function, xsSlot self, int32_t count)
{
	if (!function)
		return;
	xsBeginHost(the);
		xsmcSetInteger(xsResult, count);
		xsCallFunction1(xsReference(function), self, xsResult);
	xsEndHost(the);
}

uint8_t formatOf(xsMachine* the, xsSlot value)
{
	const char* name = xsmcToString(value);
	if (!strcmp(name, "buffer"))
		return bufferFormat;
	if (strcmp(name, "number"))
		xsRangeError("unimplemented");
	return numberFormat;
}

const char* formatName(uint8_t format)
{
	return format == numberFormat ? "number" : "buffer";
}
