/*
 * The module "desktop/tls": one TLS 1.2 connection of OpenSSL's, without a socket. JavaScript feeds it the records that
 * came, and takes those that have to go. What may be trusted JavaScript says, before the record that needs it is fed.
 * Knows OpenSSL and XS's public interface. Must not know sockets, or what makes a certificate good.
 * Offers what boards offer, with the SDK's ssl/session: their suites in their order, one group, two signature algorithms, no resumption.
 */
#include "host.h"

#ifdef HOST_TLS

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <stdlib.h>

static const char gSuites[] = "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-GCM-SHA256:@SECLEVEL=0";

enum {
	recordHeader = 5,
	longestRecord = recordHeader + 16384 + 2048, /* RFC 5246, section 6.2.3 */
	longestText = 16384,
};

typedef struct {
	SSL* ssl;
	BIO *in, *out; /* the SSL has them */
	bool accepted;
	int alert; /* level and description, as they came; -1: none */
} Connection;

static void deleteConnection(void* data)
{
	Connection* connection = data;
	if (!connection)
		return;
	SSL_free(connection->ssl);
	free(connection);
}

static const xsHostHooks gConnectionHooks = { deleteConnection, NULL, NULL };

static Connection* connectionOf(xsMachine* the)
{
	Connection* connection = hostDataIf(the, &xsThis, &gConnectionHooks);
	if (!connection)
		xsTypeError("invalid host data");
	return connection;
}

/* What OpenSSL says first is where it began. */
static void throwReason(xsMachine* the)
{
	char reason[128];
	const char* text = ERR_reason_error_string(ERR_peek_error());
	snprintf(reason, sizeof(reason), "TLS: %s", text ? text : "failed");
	ERR_clear_error();
	xsUnknownError("%s", reason);
}

/* Judged already, by who fed the record. */
static int isAccepted(X509_STORE_CTX* store, void* data)
{
	SSL* ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
	Connection* connection = SSL_get_app_data(ssl);
	(void)data;
	X509_STORE_CTX_set_error(store, connection->accepted ? X509_V_OK : X509_V_ERR_APPLICATION_VERIFICATION);
	return connection->accepted;
}

static void hearAlert(const SSL* ssl, int where, int value)
{
	Connection* connection = SSL_get_app_data(ssl);
	if ((where & SSL_CB_READ_ALERT) == SSL_CB_READ_ALERT)
		connection->alert = value;
}

/* One for all connections, as long as the process. */
static SSL_CTX* sharedContext(void)
{
	static SSL_CTX* shared;
	if (shared)
		return shared;
	SSL_CTX* context = SSL_CTX_new(TLS_client_method());
	if (!context)
		return NULL;
	SSL_CTX_set_options(context,
		SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_EXTENDED_MASTER_SECRET |
			SSL_OP_NO_ENCRYPT_THEN_MAC | SSL_OP_LEGACY_SERVER_CONNECT);
	SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_cert_verify_callback(context, isAccepted, NULL);
	SSL_CTX_set_info_callback(context, hearAlert);
	if (SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) && SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION) &&
		SSL_CTX_set_cipher_list(context, gSuites) && SSL_CTX_set1_groups_list(context, "P-256") &&
		SSL_CTX_set1_sigalgs_list(context, "ECDSA+SHA256:RSA+SHA256"))
		shared = context;
	else
		SSL_CTX_free(context);
	return shared;
}

static bool isGiven(xsMachine* the, int index)
{
	return xsmcArgc > index && xsmcTypeOf(xsArg(index)) != xsUndefinedType;
}

/* (serverName, protocols as they go on the wire, code of the longest fragment), each undefined for none. */
static void tlsConstructor(xsMachine* the)
{
	Connection* connection = calloc(1, sizeof(Connection));
	if (!connection)
		xsUnknownError("no memory");
	xsmcSetHostData(xsThis, connection); /* what is thrown from here on leaves it to the collector */
	xsSetHostHooks(xsThis, &gConnectionHooks);
	connection->alert = -1;
	SSL_CTX* context = sharedContext();
	connection->ssl = context ? SSL_new(context) : NULL;
	if (!connection->ssl)
		throwReason(the);
	SSL_set_app_data(connection->ssl, connection);
	connection->in = BIO_new(BIO_s_mem());
	connection->out = BIO_new(BIO_s_mem());
	if (!connection->in || !connection->out) {
		BIO_free(connection->in);
		BIO_free(connection->out);
		connection->in = connection->out = NULL;
		throwReason(the);
	}
	SSL_set_bio(connection->ssl, connection->in, connection->out);
	SSL_set_connect_state(connection->ssl);
	if (isGiven(the, 0) && !SSL_set_tlsext_host_name(connection->ssl, xsmcToString(xsArg(0))))
		throwReason(the);
	if (isGiven(the, 1)) {
		void* bytes;
		xsUnsignedValue count;
		xsmcGetBufferReadable(xsArg(1), &bytes, &count);
		if (SSL_set_alpn_protos(connection->ssl, bytes, count))
			throwReason(the);
	}
	if (isGiven(the, 2) && !SSL_set_tlsext_max_fragment_length(connection->ssl, (uint8_t)xsmcToInteger(xsArg(2))))
		throwReason(the);
}

/* A whole record that came. */
static void tlsFeed(xsMachine* the)
{
	Connection* connection = connectionOf(the);
	void* bytes;
	xsUnsignedValue count;
	xsmcGetBufferReadable(xsArg(0), &bytes, &count);
	if (count > longestRecord)
		xsRangeError("a record of %u bytes", (unsigned)count);
	if (BIO_write(connection->in, bytes, (int)count) != (int)count)
		throwReason(the);
}

/* The broker's certificate is good. */
static void tlsAccept(xsMachine* the)
{
	connectionOf(the)->accepted = true;
}

/* One certificate of our own in DER: the first, then the issuers of it. */
static void tlsAddCertificate(xsMachine* the)
{
	Connection* connection = connectionOf(the);
	void* bytes;
	xsUnsignedValue count;
	xsmcGetBufferReadable(xsArg(0), &bytes, &count);
	const unsigned char* position = bytes;
	X509* certificate = d2i_X509(NULL, &position, (long)count);
	if (!certificate)
		throwReason(the);
	bool done = SSL_get_certificate(connection->ssl) ? SSL_add1_chain_cert(connection->ssl, certificate)
													  : SSL_use_certificate(connection->ssl, certificate);
	X509_free(certificate);
	if (!done)
		throwReason(the);
}

/* The key of the first one: RSA, PKCS#8 in DER. */
static void tlsUseKey(xsMachine* the)
{
	Connection* connection = connectionOf(the);
	void* bytes;
	xsUnsignedValue count;
	xsmcGetBufferReadable(xsArg(0), &bytes, &count);
	const unsigned char* position = bytes;
	PKCS8_PRIV_KEY_INFO* info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &position, (long)count);
	EVP_PKEY* key = info ? EVP_PKCS82PKEY(info) : NULL;
	PKCS8_PRIV_KEY_INFO_free(info);
	bool done = key && EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA && SSL_use_PrivateKey(connection->ssl, key);
	EVP_PKEY_free(key);
	if (!done)
		throwReason(the);
}

/* Goes on as far as it can: whether the handshake is over. After an alert it is not, and the alert says why. */
static void tlsHandshake(xsMachine* the)
{
	Connection* connection = connectionOf(the);
	ERR_clear_error();
	int result = SSL_do_handshake(connection->ssl);
	if (result != 1 && connection->alert < 0 && SSL_get_error(connection->ssl, result) != SSL_ERROR_WANT_READ)
		throwReason(the);
	ERR_clear_error();
	xsmcSetBoolean(xsResult, result == 1);
}

/* The plaintext of the record that was fed, undefined when it has none. */
static void tlsDecrypt(xsMachine* the)
{
	static unsigned char text[longestText];
	Connection* connection = connectionOf(the);
	size_t length = 0;
	if (!SSL_is_init_finished(connection->ssl))
		xsUnknownError("TLS: not connected");
	ERR_clear_error();
	int result = SSL_read_ex(connection->ssl, text, sizeof(text), &length);
	if (result != 1 && connection->alert < 0 && SSL_get_error(connection->ssl, result) != SSL_ERROR_WANT_READ)
		throwReason(the);
	ERR_clear_error();
	if (result == 1)
		xsmcSetArrayBuffer(xsResult, text, (xsIntegerValue)length);
	OPENSSL_cleanse(text, length);
}

/* Makes one record of the bytes, more where a shorter fragment was agreed: they are to be taken. */
static void tlsEncrypt(xsMachine* the)
{
	Connection* connection = connectionOf(the);
	void* bytes;
	xsUnsignedValue count;
	size_t written;
	xsmcGetBufferReadable(xsArg(0), &bytes, &count);
	if (!SSL_is_init_finished(connection->ssl))
		xsUnknownError("TLS: not connected");
	ERR_clear_error();
	if (count && SSL_write_ex(connection->ssl, bytes, count, &written) != 1)
		throwReason(the);
}

/* The next record that has to go, undefined when there is none. */
static void tlsTake(xsMachine* the)
{
	Connection* connection = connectionOf(the);
	char* bytes;
	long waiting = BIO_get_mem_data(connection->out, &bytes);
	if (waiting < recordHeader)
		return;
	int length = recordHeader + ((uint8_t)bytes[3] << 8 | (uint8_t)bytes[4]);
	if (waiting < length)
		return;
	BIO_read(connection->out, xsmcSetArrayBuffer(xsResult, NULL, length), length);
}

/* What the broker has said at the end: level << 8 | description. -1: nothing yet. */
static void tlsGetAlert(xsMachine* the)
{
	xsmcSetInteger(xsResult, connectionOf(the)->alert);
}

static void tlsVersion(xsMachine* the)
{
	xsmcSetString(xsResult, OpenSSL_version(OPENSSL_VERSION));
}

#else

static void missing(xsMachine* the)
{
	xsUnknownError("the desktop host was built without OpenSSL");
}

#define tlsConstructor missing
#define tlsFeed missing
#define tlsAccept missing
#define tlsAddCertificate missing
#define tlsUseKey missing
#define tlsHandshake missing
#define tlsDecrypt missing
#define tlsEncrypt missing
#define tlsTake missing
#define tlsGetAlert missing

static void tlsVersion(xsMachine* the)
{
	(void)the;
}

#endif

const NativeModule gTlsModule = {
	"desktop/tls",
	"export default class Connection @ 'host' {\n"
	"constructor(serverName, protocols, fragment) @ 'constructor'\n"
	"feed(record) @ 'feed'\n"
	"accept() @ 'accept'\n"
	"addCertificate(certificate) @ 'addCertificate'\n"
	"useKey(key) @ 'useKey'\n"
	"handshake() @ 'handshake'\n"
	"decrypt() @ 'decrypt'\n"
	"encrypt(bytes) @ 'encrypt'\n"
	"take() @ 'take'\n"
	"get alert() @ 'getAlert'\n"
	"}\n"
	"function findVersion() @ 'version'\n"
	"export const version = findVersion();\n",
	(const NativeFunction[]) {
		{ "constructor", tlsConstructor },
		{ "feed", tlsFeed },
		{ "accept", tlsAccept },
		{ "addCertificate", tlsAddCertificate },
		{ "useKey", tlsUseKey },
		{ "handshake", tlsHandshake },
		{ "decrypt", tlsDecrypt },
		{ "encrypt", tlsEncrypt },
		{ "take", tlsTake },
		{ "getAlert", tlsGetAlert },
		{ "version", tlsVersion },
		{ NULL, NULL },
	},
};
