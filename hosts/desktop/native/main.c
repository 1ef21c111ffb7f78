/*
 * Starts the machine as a board does: preloaded modules, freeze, mark, then main; and ends the process.
 * Knows the options and the order of things. Everything else is in the other files.
 */
#include "board.h"
#include "clock.h"
#include "commands.h"
#include "host.h"
#include "loop.h"
#include "memory.h"
#include "network.h"
#include "output.h"
#include "tcp.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

/* How the process ends when the application does not say: see README.md. */
enum {
	usageStatus = 64,
	memoryStatus = 70,
	stackStatus,
	exceptionStatus,
	rejectionStatus,
	engineStatus,
	sigpipeStatus,
};

void hostExit(int status)
{
	outputExit(status);
	exit(status);
}

void hostAbort(const char* reason, const char* message)
{
	static const struct {
		const char* reason;
		int status;
	} statuses[] = {
		{ "memory", memoryStatus }, { "stack", stackStatus }, { "exception", exceptionStatus },
		{ "rejection", rejectionStatus }, { "sigpipe", sigpipeStatus },
	};
	int status = engineStatus;
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
		if (!strcmp(statuses[i].reason, reason))
			status = statuses[i].status;
	outputAbort(reason, message);
	networkVanish();
	outputExit(status);
	_exit(status);
}

static void usage(const char* problem, const char* detail)
{
	fprintf(stderr,
		"%s%s\n"
		"usage: xs-mqtt-host [--board esp8266|esp32|none] [--stack lwip|lin] [--config JSON]\n"
		"       [--module SPECIFIER=FILE]... [--preload SPECIFIER]... [--memory MILLISECONDS] [--limit BYTES] [--stack-slots N] [--seed N] [--clock SECONDS] MAIN\n",
		problem, detail);
	exit(usageStatus);
}

typedef struct {
	const char* main;
	const char** preloads;
	int preloadCount;
	int32_t memoryInterval;
	long limit, stack; /* -1: the board's */
} Options;

/* For Math.random, which is C's rand. Without a seed it is the system's, as boards have hardware for that. */
static void seedRandom(const char* text)
{
	unsigned seed = 0;
	if (text) {
		char* end;
		unsigned long value = strtoul(text, &end, 10);
		if (*text < '0' || *text > '9' || *end || value > UINT_MAX)
			usage("not a seed from 0 to 4294967295: ", text);
		seed = (unsigned)value;
	}
	else if (getentropy(&seed, sizeof(seed)))
		hostAbort("engine", "the system has no random numbers");
	srand(seed);
}

/* Where the date begins: that of a board which was never told it is 0. */
static void setClock(const char* text)
{
	char* end;
	unsigned long seconds = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || seconds > UINT32_MAX)
		usage("not seconds since 1970, 0 to 4294967295: ", text);
	clockSet((double)seconds * 1000);
}

static Options readOptions(int argc, char** argv)
{
	Options options = { .memoryInterval = 1000, .limit = -1, .stack = -1, .preloads = calloc((size_t)argc, sizeof(char*)) };
	if (!options.preloads)
		abort();
	const char* seed = NULL;
	const char* config = getenv("XS_MQTT_CONFIG");
	modulesConfig(config && *config ? config : "{}");
	for (int i = 1; i < argc; i++) {
		const char* option = argv[i];
		if (strncmp(option, "--", 2)) {
			if (options.main)
				usage("more than one main: ", option);
			options.main = option;
			continue;
		}
		if (++i == argc)
			usage("value missing: ", option);
		char* value = argv[i];
		if (!strcmp(option, "--board")) {
			gBoard = boardNamed(value);
			if (!gBoard)
				usage("unknown board: ", value);
		}
		else if (!strcmp(option, "--stack")) {
			if (strcmp(value, "lwip") && strcmp(value, "lin"))
				usage("unknown stack: ", value);
			gSocketStack = strcmp(value, "lin") ? &gLwipStack : &gLinStack;
		}
		else if (!strcmp(option, "--config"))
			modulesConfig(value);
		else if (!strcmp(option, "--module")) {
			char* equal = strchr(value, '=');
			if (!equal)
				usage("not SPECIFIER=FILE: ", value);
			*equal = 0;
			modulesAdd(value, equal + 1);
		}
		else if (!strcmp(option, "--preload"))
			options.preloads[options.preloadCount++] = value;
		else if (!strcmp(option, "--memory"))
			options.memoryInterval = atoi(value);
		else if (!strcmp(option, "--limit"))
			options.limit = atol(value);
		else if (!strcmp(option, "--stack-slots"))
			options.stack = atol(value);
		else if (!strcmp(option, "--seed"))
			seed = value;
		else if (!strcmp(option, "--clock"))
			setClock(value);
		else
			usage("unknown option: ", option);
	}
	if (!options.main)
		usage("main missing", "");
	const char* real = modulesRealPath(options.main);
	if (!real)
		usage("no such file: ", options.main);
	options.main = strdup(real);
	seedRandom(seed);
	return options;
}

static void tellMemory(Timer* timer, void* data)
{
	MemoryCounters counters;
	(void)timer;
	(void)data;
	memoryRead(&counters);
	outputMemory("memory", &counters);
}

static void import(xsMachine* machine, const char* specifier)
{
	xsBeginHost(machine);
		xsResult = xsAwaitImport(specifier, XS_IMPORT_NAMESPACE);
	xsEndHost(machine);
}

/* As on a board, a default export that is a function is called. */
static void runMain(xsMachine* machine, const char* path)
{
	xsBeginHost(machine);
		xsResult = xsAwaitImport(path, XS_IMPORT_DEFAULT);
		if (xsmcTypeOf(xsResult) == xsReferenceType && xsmcIsCallable(xsResult))
			xsCallFunction0(xsResult, xsGlobal);
	xsEndHost(machine);
}

int main(int argc, char** argv)
{
	Options options = readOptions(argc, argv);
	xsCreation creation = {
		.initialChunkSize = 256 * 1024,
		.incrementalChunkSize = 64 * 1024,
		.initialHeapCount = 16 * 1024,
		.incrementalHeapCount = 4 * 1024,
		.stackCount = 8 * 1024,
		.initialKeyCount = 2048,
		.incrementalKeyCount = 1024,
		.nameModulo = 1993,
		.symbolModulo = 127,
		.parserBufferSize = 64 * 1024,
		.parserTableModulo = 1993,
	};
	signal(SIGINT, SIG_IGN); /* Ctrl-C is for whoever started this, and who then says quit */
	signal(SIGPIPE, SIG_IGN); /* of stdout; that of sockets is dealt with there */
	xsMachine* machine = xsCreateMachine(&creation, "xs-mqtt", NULL);
	if (!machine)
		hostAbort("engine", "the engine did not start");
	import(machine, "mc/config");
	for (const NativeModule* const* native = gNativeModules; *native; native++)
		import(machine, (*native)->specifier);
	for (int i = 0; i < options.preloadCount; i++)
		import(machine, options.preloads[i]);
	freezeHeap(machine);
	memoryStart(machine, options.limit >= 0 ? (uint32_t)options.limit : gBoard->memory,
		options.stack >= 0 ? (uint32_t)options.stack : gBoard->stack);
	if (options.memoryInterval > 0)
		timerAdd(options.memoryInterval, options.memoryInterval, tellMemory, NULL);
	commandsStart();
	outputReady();
	runMain(machine, options.main);
	for (;;) {
		hooksCheckRejections(machine);
		loopTurn();
	}
}
