/*
 * A plugin for Mosquitto: SCRAM-SHA-1 and SCRAM-SHA-256 by GNU SASL, in AUTH packets. The judge of src/authentication.
 * plugin_opt_users: a file of lines "name<tab>password"; plugin_opt_iterations: default 4096.
 */
#include <gsasl.h>
#include <mosquitto_broker.h>
#include <mosquitto_plugin.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* As mosquitto.h, of another package, has them. */
enum { success = 0, authContinue = -4, notSupported = 10, refused = 11, defer = 17 };

enum { mostExchanges = 16, lineSize = 512 };

static Gsasl* gSasl;
static char gUsers[lineSize];
static char gIterations[16] = "4096";

/* One for each client that is in the midst of it. */
static struct {
	const struct mosquitto* client;
	Gsasl_session* session;
} gExchanges[mostExchanges];

static int setPassword(Gsasl_session* session)
{
	const char* name = gsasl_property_fast(session, GSASL_AUTHID);
	FILE* file = fopen(gUsers, "r");
	char line[lineSize];
	int result = GSASL_NO_PASSWORD;
	while (name && file && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = 0;
		char* tab = strchr(line, '\t');
		if (!tab)
			continue;
		*tab = 0;
		if (!strcmp(line, name)) {
			gsasl_property_set(session, GSASL_PASSWORD, tab + 1);
			result = GSASL_OK;
		}
	}
	if (file)
		fclose(file);
	return result;
}

static int onProperty(Gsasl* sasl, Gsasl_session* session, Gsasl_property property)
{
	(void)sasl;
	if (property == GSASL_PASSWORD)
		return setPassword(session);
	if (property != GSASL_SCRAM_ITER)
		return GSASL_NO_CALLBACK;
	gsasl_property_set(session, GSASL_SCRAM_ITER, gIterations);
	return GSASL_OK;
}

static int indexOf(const struct mosquitto* client)
{
	for (int i = 0; i < mostExchanges; i++)
		if (gExchanges[i].client == client)
			return i;
	return -1;
}

static void end(int index)
{
	if (index < 0)
		return;
	gsasl_finish(gExchanges[index].session);
	gExchanges[index].client = NULL;
	gExchanges[index].session = NULL;
}

static int step(int index, struct mosquitto_evt_extended_auth* event)
{
	char* out = NULL;
	size_t length = 0;
	int code = gsasl_step(gExchanges[index].session, event->data_in, event->data_in_len, &out, &length);
	if (code == GSASL_OK || code == GSASL_NEEDS_MORE) {
		event->data_out = mosquitto_calloc(1, length ? length : 1);
		if (event->data_out && length)
			memcpy(event->data_out, out, length);
		event->data_out_len = (uint16_t)length;
	} else
		fprintf(stderr, "SCRAM: %s\n", gsasl_strerror_name(code));
	gsasl_free(out);
	if (code == GSASL_NEEDS_MORE)
		return authContinue;
	if (code == GSASL_OK) {
		fprintf(stderr, "SCRAM: %s is authenticated\n", gsasl_property_fast(gExchanges[index].session, GSASL_AUTHID));
		mosquitto_set_username(event->client, gsasl_property_fast(gExchanges[index].session, GSASL_AUTHID));
	}
	end(index);
	return code == GSASL_OK ? success : refused;
}

static int onStart(int kind, void* data, void* user)
{
	struct mosquitto_evt_extended_auth* event = data;
	(void)kind, (void)user;
	if (strncmp(event->auth_method, "SCRAM-SHA-", 10))
		return defer;
	end(indexOf(event->client));
	int index = indexOf(NULL);
	if (index < 0 || gsasl_server_start(gSasl, event->auth_method, &gExchanges[index].session) != GSASL_OK)
		return notSupported;
	gExchanges[index].client = event->client;
	return step(index, event);
}

static int onContinue(int kind, void* data, void* user)
{
	struct mosquitto_evt_extended_auth* event = data;
	int index = indexOf(event->client);
	(void)kind, (void)user;
	return index < 0 ? refused : step(index, event);
}

static int onDisconnect(int kind, void* data, void* user)
{
	(void)kind, (void)user;
	end(indexOf(((struct mosquitto_evt_disconnect*)data)->client));
	return success;
}

int mosquitto_plugin_version(int count, const int* versions)
{
	for (int i = 0; i < count; i++)
		if (versions[i] == 5)
			return 5;
	return -1;
}

int mosquitto_plugin_init(mosquitto_plugin_id_t* plugin, void** user, struct mosquitto_opt* options, int count)
{
	(void)user;
	for (int i = 0; i < count; i++) {
		if (!strcmp(options[i].key, "users"))
			snprintf(gUsers, sizeof(gUsers), "%s", options[i].value);
		if (!strcmp(options[i].key, "iterations"))
			snprintf(gIterations, sizeof(gIterations), "%s", options[i].value);
	}
	if (gsasl_init(&gSasl) != GSASL_OK)
		return notSupported;
	gsasl_callback_set(gSasl, onProperty);
	mosquitto_callback_register(plugin, MOSQ_EVT_EXT_AUTH_START, onStart, NULL, NULL);
	mosquitto_callback_register(plugin, MOSQ_EVT_EXT_AUTH_CONTINUE, onContinue, NULL, NULL);
	return mosquitto_callback_register(plugin, MOSQ_EVT_DISCONNECT, onDisconnect, NULL, NULL);
}

int mosquitto_plugin_cleanup(void* user, struct mosquitto_opt* options, int count)
{
	(void)user, (void)options, (void)count;
	gsasl_done(gSasl);
	return success;
}
