// The option `webSocket` of a Client.

export interface WebSocketOptions {
	/** Path and query of the request, from "/" on. Default "/mqtt". */
	path?: string;
	/** Further headers of the request, as an API key. Names and values are ASCII. */
	headers?: Readonly<Record<string, string>>;
}
