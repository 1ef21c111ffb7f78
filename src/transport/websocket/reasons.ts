// Why WebSocket ends a connection. What an app compares with: "xs-mqtt/websocket".

import { type Fault, Reason } from "../../wire/reason.js";
import { Close } from "./protocol.js";

const enum Status {
	REDIRECTS = 300,
	ERRORS = 400,
	UNAUTHORIZED = 401,
	FORBIDDEN = 403,
	NOT_FOUND = 404,
	SERVER_ERRORS = 500,
}

const hint = (status: number): string => {
	if (status >= Status.SERVER_ERRORS) return "the server, or the broker behind it, is out of order";
	if (status === Status.UNAUTHORIZED || status === Status.FORBIDDEN)
		return "it wants other credentials; check webSocket.headers";
	if (status === Status.NOT_FOUND) return "nothing is at this path; check webSocket.path";
	if (status >= Status.REDIRECTS && status < Status.ERRORS)
		return "it redirects; check host, port, tls and webSocket.path";
	return "it does not speak WebSocket here; check webSocket.path and the port";
};

/** The web server has answered with another status than 101: compare by `instanceof`. */
export class HttpRefusal extends Reason {
	/** As 404 (RFC 7231, section 6). */
	readonly status: number;

	constructor(status: number) {
		// What is out of order may be better soon; all else a person has to change.
		super(
			status >= Status.SERVER_ERRORS ? "network" : "broker",
			`WebSocket: the server refuses with HTTP status ${status}: ${hint(status)}`,
		);
		this.status = status;
		Object.freeze(this);
	}
}

const isOurFault = (status: number) =>
	status > Close.NORMAL + 1 && status <= Close.EXTENSION_MISSING && status !== Close.NO_STATUS;

/** The broker has closed the WebSocket: compare by `instanceof`. */
export class Closed extends Reason {
	/** As 1001 (RFC 6455, section 7.4); 1005: it told none. */
	readonly status: number;

	constructor(status: number) {
		const fault: Fault = isOurFault(status) ? "broker" : "network";
		super(
			fault,
			`WebSocket: the broker has closed the connection, with status ${status}: ${fault === "broker" ? "it does not accept what it got" : "it may be restarting"}`,
		);
		this.status = status;
		Object.freeze(this);
	}
}

const refused = (message: string) => new Reason("broker", `WebSocket: ${message}`);

export const NOT_HTTP = refused("what answers is no web server: check the port, and whether it wants tls");
export const NO_ANSWER = new Reason(
	"network",
	"WebSocket: the server closed the connection without an answer: check the port, and whether it wants tls",
);
export const ANSWER_TOO_LONG = refused("the server's answer is longer than 8192 bytes");
export const NO_UPGRADE = refused(
	"the server does not upgrade the connection: check webSocket.path, and that no proxy drops the header Upgrade",
);
export const WRONG_ACCEPT = refused(
	"Sec-WebSocket-Accept of the server does not fit our key: something in between answers from a cache",
);
export const NO_SUBPROTOCOL = refused(
	"the server does not choose the subprotocol mqtt: no MQTT broker is at this path; check webSocket.path",
);
export const UNASKED_EXTENSION = refused("the server chooses an extension that was not asked for");
export const HEADER_FAILED = new Reason(
	"app",
	"WebSocket: a function given in webSocket.headers threw, or gave no text, so the request could not be sent",
);

const broken = (message: string) =>
	new Reason("peer", `malformed WebSocket frame from the broker: ${message}`);

export const TEXT_FRAME = broken("it holds text, and MQTT is binary (MQTT section 6)");
export const MASKED_FRAME = broken("it is masked (RFC 6455, section 5.1)");
export const RESERVED_BITS = broken("reserved bits are set (RFC 6455, section 5.2)");
export const RESERVED_OPCODE = broken("a reserved opcode (RFC 6455, section 5.2)");
export const FRAME_LENGTH = broken(
	"its length takes more bytes than it needs, or is too large (RFC 6455, section 5.2)",
);
export const FRAGMENT = broken(
	"a fragment of no message, or a message within another (RFC 6455, section 5.4)",
);
export const CONTROL_FRAME = broken(
	"a control frame in fragments, or of more than 125 bytes (RFC 6455, section 5.5)",
);
export const CLOSE_STATUS = broken("a status that cannot be in a close frame (RFC 6455, section 7.4)");
