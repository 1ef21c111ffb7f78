// The option `webSocket` of a Client.

/** MQTT over WebSocket (RFC 6455). */
export interface WebSocketOptions {
	/** Path and query of the request, from "/" on, in visible ASCII without "#". Default "/mqtt". */
	path?: string;
	/**
	 * Further headers of the request, as an API key: names are tokens (RFC 7230, section 3.2.6) and none of the handshake's
	 * own, values are printable ASCII. A function is called at each connect. Values are never shown: they may be secrets.
	 */
	headers?: Readonly<Record<string, string | (() => string)>>;
}
