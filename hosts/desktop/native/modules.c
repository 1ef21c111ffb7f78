/*
 * Finds and loads modules: native ones by name, --module ones by specifier, all others as files.
 * Knows the engine's loader and parser, and the file system. Must not know what a module does.
 */
#include "xsAll.h"
#include "xsScript.h"

#include <limits.h>
#include <stdbool.h>

/* The public interface (xs.h, host.h) cannot be read beside the engine's own header. These are its declarations. */
typedef struct {
	const char* name;
	txCallback call;
} NativeFunction;

typedef struct {
	const char* specifier;
	const char* source;
	const NativeFunction* functions;
} NativeModule;

extern const NativeModule gTimerModule, gTimeModule, gTCPModule, gResolverModule, gPipeModule, gEngineModule,
	gMachineModule, gWifiModule, gTlsModule, gCryptModule, gBytesModule,
	gCertificatesModule;
extern const NativeModule* const gNativeModules[];
extern void* hostDataIf(void* the, void* slot, const void* hooks);
extern void modulesAdd(const char* specifier, const char* path);
extern void modulesConfig(const char* json);
extern const char* modulesRealPath(const char* path);

const NativeModule* const gNativeModules[] = {
	&gTimerModule, &gTimeModule, &gTCPModule, &gResolverModule, &gPipeModule, &gEngineModule, &gMachineModule,
	&gWifiModule, &gTlsModule, &gCryptModule, &gBytesModule, &gCertificatesModule, NULL,
};

typedef struct Mapping {
	struct Mapping* next;
	const char* specifier;
	const char* path;
} Mapping;

static Mapping* gMappings;
static char* gConfigSource;

void modulesAdd(const char* specifier, const char* path)
{
	Mapping* mapping = malloc(sizeof(Mapping));
	if (!mapping)
		abort();
	*mapping = (Mapping){ gMappings, specifier, path };
	gMappings = mapping;
}

void modulesConfig(const char* json)
{
	static const char format[] = "export default (%s);";
	size_t size = sizeof(format) + strlen(json);
	gConfigSource = malloc(size);
	if (!gConfigSource)
		abort();
	snprintf(gConfigSource, size, format, json);
}

static bool isFile(const char* path)
{
	struct stat status;
	return !stat(path, &status) && S_ISREG(status.st_mode);
}

/* The file itself, or with the extension that specifiers on boards leave out. */
const char* modulesRealPath(const char* path)
{
	static char real[PATH_MAX];
	char full[PATH_MAX];
	if (isFile(path))
		return realpath(path, real);
	if (snprintf(full, sizeof(full), "%s.js", path) < (int)sizeof(full) && isFile(full))
		return realpath(full, real);
	return NULL;
}

static const NativeModule* findNative(const char* name)
{
	for (const NativeModule* const* native = gNativeModules; *native; native++)
		if (!strcmp((*native)->specifier, name))
			return *native;
	return NULL;
}

txID fxFindModule(txMachine* the, txSlot* realm, txID moduleID, txSlot* slot)
{
	char name[PATH_MAX], path[PATH_MAX];
	const char* found = NULL;
	(void)realm;
	fxToStringBuffer(the, slot, name, sizeof(name));
	if (name[0] == '.' && moduleID != XS_NO_ID) {
		const char* importer = fxGetKeyName(the, moduleID);
		const char* slash = importer ? strrchr(importer, '/') : NULL;
		if (slash && snprintf(path, sizeof(path), "%.*s/%s", (int)(slash - importer), importer, name) < (int)sizeof(path))
			found = modulesRealPath(path);
	}
	else {
		for (Mapping* mapping = gMappings; mapping && !found; mapping = mapping->next)
			if (!strcmp(mapping->specifier, name))
				found = modulesRealPath(mapping->path);
		if (!found && (findNative(name) || !strcmp(name, "mc/config")))
			found = name;
		if (!found && name[0] == '/')
			found = modulesRealPath(name);
	}
	return found ? fxNewNameC(the, (txString)found) : XS_NO_ID;
}

/* The hosts of a module are its native functions, in the order in which its source names them. */

static const NativeModule* gLoading;
static txScript* gLoadingScript;

static txCallback findFunction(const char* name)
{
	for (const NativeFunction* function = gLoading->functions; function->name; function++)
		if (!strcmp(function->name, name))
			return function->call;
	fprintf(stderr, "%s: no native function \"%s\"\n", gLoading->specifier, name);
	abort();
}

/* What the parser left for each: its parameter count (negative: a host object, not a function), a symbol, its name. */
static void buildHosts(txMachine* the)
{
	txByte* p = (txByte*)gLoadingScript->hostsBuffer;
	txID count, symbol;
	mxDecodeID(p, count);
	mxPush(mxArrayPrototype);
	fxNewArrayInstance(the);
	fxArrayCacheBegin(the, the->stack);
	while (count--) {
		int parameters = (txS1)*p++;
		mxDecodeID(p, symbol);
		if (parameters < 0)
			fxNewHostObject(the, NULL);
		else
			fxNewHostFunction(the, findFunction((const char*)p), parameters, XS_NO_ID, XS_NO_ID);
		fxArrayCacheItem(the, the->stack + 1, the->stack);
		mxPop();
		p += strlen((const char*)p) + 1;
	}
	(void)symbol;
	fxArrayCacheEnd(the, the->stack);
	mxPullSlot(mxResult);
}

static void reportError(void* console, txString path, txInteger line, txString format, c_va_list arguments)
{
	(void)console;
	hostPrintf("%s:%d: ", path ? path : "?", (int)line);
	hostVPrintf(format, arguments);
	hostPrintf("\n");
}

static txScript* parse(txMachine* the, const char* path, void* stream, txGetter getter, txUnsigned flags)
{
	txParser parser;
	txParserJump jump;
	txScript* volatile script = NULL;
	fxInitializeParser(&parser, the, the->parserBufferSize, the->parserTableModulo);
	parser.firstJump = &jump;
	parser.reportError = reportError;
	if (setjmp(jump.jmp_buf) == 0) {
		txString map = NULL; /* where a source map is: of no use here */
		parser.path = fxNewParserSymbol(&parser, (txString)path);
		fxParserTree(&parser, stream, getter, flags, &map);
		fxParserHoist(&parser);
		fxParserBind(&parser);
		script = fxParserCode(&parser);
	}
	fxTerminateParser(&parser);
	return script;
}

static txScript* parseFile(txMachine* the, const char* path)
{
	FILE* file = fopen(path, "r");
	if (!file)
		return NULL;
	txScript* script = parse(the, path, file, (txGetter)fgetc, 0);
	fclose(file);
	return script;
}

static txScript* parseSource(txMachine* the, const char* path, const char* source, txUnsigned flags)
{
	txStringCStream stream = { (txString)source, 0, (txSize)strlen(source) };
	return parse(the, path, &stream, fxStringCGetter, flags);
}

void fxLoadModule(txMachine* the, txSlot* module, txID moduleID)
{
	char path[PATH_MAX];
	snprintf(path, sizeof(path), "%s", fxGetKeyName(the, moduleID));
	txScript* script;
	const NativeModule* native = findNative(path);
	if (native) {
		script = parseSource(the, path, native->source, mxCFlag);
		if (script && script->hostsBuffer) {
			gLoading = native;
			gLoadingScript = script;
			script->callback = buildHosts;
		}
	}
	else if (!strcmp(path, "mc/config"))
		script = parseSource(the, path, gConfigSource, 0);
	else
		script = parseFile(the, path);
	if (script)
		fxResolveModule(the, module, moduleID, script, NULL, NULL);
}

void* hostDataIf(void* the, void* slot, const void* hooks)
{
	txSlot* reference = slot;
	(void)the;
	if (reference->kind != XS_REFERENCE_KIND)
		return NULL;
	txSlot* host = reference->value.reference->next;
	if (!host || !(host->flag & XS_INTERNAL_FLAG) || host->kind != XS_HOST_KIND || !(host->flag & XS_HOST_HOOKS_FLAG))
		return NULL;
	return host->value.host.variant.hooks == hooks ? host->value.host.data : NULL;
}
