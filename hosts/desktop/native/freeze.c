/*
 * Makes read-only what preloading puts into flash: built-ins, functions, classes and the state of modules.
 * Knows the heap of the engine. Must not know which modules were loaded.
 *
 * Goes by what the SDK's linker does, and is stricter in one thing: it freezes plain objects and arrays too,
 * which a board would copy into RAM at the first write. Bindings (`let`) stay writable.
 */
#include "xsAll.h"

#include <stdbool.h>

extern void freezeHeap(void* machine);

static void freezeProperties(txSlot* property)
{
	for (; property; property = property->next) {
		if (property->kind != XS_ACCESSOR_KIND)
			property->flag |= XS_DONT_SET_FLAG;
		property->flag |= XS_DONT_DELETE_FLAG;
	}
}

static void freezeInstance(txSlot* instance)
{
	instance->flag |= XS_DONT_PATCH_FLAG;
	freezeProperties(instance->next);
	for (txSlot* property = instance->next; property && (property->flag & XS_INTERNAL_FLAG); property = property->next)
		if (property->kind == XS_PRIVATE_KIND)
			freezeProperties(property->value.private.first);
}

static void freezeArray(txMachine* the, txSlot* instance)
{
	txSlot* array = instance->next;
	txSlot* item = array->value.array.address;
	freezeInstance(instance);
	for (txIndex count = fxGetIndexSize(the, array); count; count--, item++)
		item->flag |= XS_DONT_SET_FLAG | XS_DONT_DELETE_FLAG;
}

static bool isFunction(txSlot* slot)
{
	txSlot* internal = slot->kind == XS_REFERENCE_KIND ? slot->value.reference->next : NULL;
	return internal && (internal->flag & XS_INTERNAL_FLAG) &&
		(internal->kind == XS_CALLBACK_KIND || internal->kind == XS_CALLBACK_X_KIND || internal->kind == XS_CODE_KIND ||
		internal->kind == XS_CODE_X_KIND);
}

static void freezeFunction(txSlot* instance)
{
	freezeInstance(instance);
	if (!(instance->flag & XS_CAN_CONSTRUCT_FLAG))
		return;
	for (txSlot* property = instance->next; property; property = property->next)
		if (property->ID == mxID(_prototype) && property->kind == XS_REFERENCE_KIND)
			freezeInstance(property->value.reference);
}

/* The engine's own lists and the global object have no prototype that is Object.prototype, or must stay as they are. */
static bool isPlain(txMachine* the, txSlot* instance)
{
	txSlot* internal = instance->next;
	return instance != mxGlobal.value.reference && instance->value.instance.prototype == mxObjectPrototype.value.reference &&
		!(internal && (internal->flag & XS_INTERNAL_FLAG));
}

static void freezeSlot(txMachine* the, txSlot* slot)
{
	if (slot->kind == XS_CLOSURE_KIND) {
		/* A binding whose value is a function when it is preloaded becomes a constant. */
		if (isFunction(slot->value.closure))
			slot->value.closure->flag |= XS_DONT_SET_FLAG;
		return;
	}
	if (slot->kind != XS_INSTANCE_KIND)
		return;
	txSlot* internal = slot->next;
	if (isPlain(the, slot)) {
		freezeInstance(slot);
		return;
	}
	if (!internal || !(internal->flag & XS_INTERNAL_FLAG))
		return;
	switch (internal->kind) {
	case XS_CALLBACK_KIND:
	case XS_CALLBACK_X_KIND:
	case XS_CODE_KIND:
	case XS_CODE_X_KIND:
		freezeFunction(slot);
		break;
	case XS_ARRAY_KIND:
		if (slot->value.instance.prototype == mxArrayPrototype.value.reference)
			freezeArray(the, slot);
		break;
	case XS_MAP_KIND:
	case XS_SET_KIND:
	case XS_WEAK_MAP_KIND:
	case XS_WEAK_SET_KIND:
	case XS_WEAK_REF_KIND:
	case XS_ARRAY_BUFFER_KIND:
	case XS_DATA_VIEW_KIND:
	case XS_TYPED_ARRAY_KIND:
	case XS_REGEXP_KIND:
		freezeInstance(slot);
		break;
	}
}

void freezeHeap(void* machine)
{
	txMachine* the = machine;
	for (txSlot* heap = the->firstHeap; heap; heap = heap->next)
		for (txSlot* slot = heap + 1; slot < heap->value.reference; slot++)
			freezeSlot(the, slot);
	/* The prototypes no function names, such as those of iterators. The accessors among them are the engine's tools. */
	for (int index = mxObjectPrototypeStackIndex; index < mxThrowTypeErrorFunctionStackIndex; index++) {
		txSlot* intrinsic = &the->stackTop[-1 - index];
		bool accessor = index >= mxArrayLengthAccessorStackIndex && index <= mxTypedArrayAccessorStackIndex;
		if (intrinsic->kind == XS_REFERENCE_KIND && !accessor)
			freezeInstance(intrinsic->value.reference);
	}
}
