// Enhanced authentication on a connection (section 4.12): whose turn it is, in the exchange before CONNACK and in a later one.
// Knows AUTH, not what its data mean: that is the authenticator's.

import type { Answer, Authenticator } from "../../authentication/authenticator.js";
import { Reason } from "../../wire/reason.js";
import { encodeField } from "../../wire/topic.js";
import { encodeAuth5 } from "../../wire/v5/encode.js";
import { encodeBinary } from "../../wire/v5/properties.js";
import { Property } from "../../wire/v5/property.js";
import { ReasonCode } from "../../wire/v5/reason-codes.js";
import type { ReceivedProperties } from "../../wire/v5/received.js";

const forbidden = (message: string) =>
	new Reason("peer", `protocol error of the broker: ${message}`, ReasonCode.PROTOCOL_ERROR);

export const AUTH_UNEXPECTED = forbidden("AUTH or CONNACK out of turn (section 4.12)");
export const AUTH_CODE = forbidden("AUTH with a reason code that does not belong there (section 4.12)");
export const AUTH_METHOD = forbidden(
	"AUTH or CONNACK without the authentication method of CONNECT, or with another one (section 4.12)",
);
export const AUTH_TOO_LONG = new Reason(
	"app",
	"the broker's authentication data, and the texts in front of them, are longer than the option receiveSize: raise it, or leave " +
		"problemInformation out",
	ReasonCode.PACKET_TOO_LARGE,
);
export const AUTHENTICATOR_LATE = new Reason(
	"app",
	"the authenticator in the option authentication has not answered the broker within connectTimeout: raise that; Scram needs " +
		"time for the iterations that the broker asks for",
);
export const AUTHENTICATOR_FAILED = new Reason(
	"app",
	"the authenticator in the option authentication threw",
	ReasonCode.UNSPECIFIED_ERROR,
);

/** What the connection does for it. */
export interface AuthenticationOwner {
	/** Sends an AUTH packet: the broker's answer is awaited from now on. */
	sendAuth(packet: Uint8Array): void;
	/** The current packet has authentication data for which there was no room. */
	readonly dataSkipped: boolean;
	/** Ends the connection, with DISCONNECT and the reason's code where that can go (section 4.12.1). */
	refuse(reason: Reason): void;
	/** A re-authentication has gone well. */
	onReauthenticated(): void;
}

const enum Stage {
	/** No exchange, and none can begin. */
	NONE = 0,
	/** From CONNECT to CONNACK. */
	CONNECT = 1,
	/** Authenticated. */
	DONE = 2,
	/** Re-authentication, while other packets go on (section 4.12.1). */
	AGAIN = 3,
}

export class Authentication {
	/** The authenticator's, as a field. */
	readonly method: Uint8Array;
	private readonly authenticator: Authenticator;
	private readonly owner: AuthenticationOwner;
	private stage: Stage = Stage.NONE;
	/** Counts what the broker has asked, and ends of exchanges: answers to anything earlier are ignored. */
	private turn = 0;
	/** It is our turn: the authenticator has not answered yet. */
	private ours = false;

	/** Throws when it is no authenticator. */
	constructor(authenticator: Authenticator, owner: AuthenticationOwner) {
		this.method = checkAuthenticator(authenticator);
		this.authenticator = authenticator;
		this.owner = owner;
	}

	/** A connection begins: the authentication data of CONNECT, as a field. Throws what the authenticator throws. */
	begin(): Uint8Array | undefined {
		this.stage = Stage.CONNECT;
		return fieldOf(this.authenticator.begin());
	}

	/** The connection is over: no answer of the authenticator's goes out any more. It is to be stopped then. */
	leave(): void {
		this.stage = Stage.NONE;
		this.turn++;
		this.ours = false;
	}

	/** The connection is over, and all of it is told: the authenticator can let go. Throws what that throws. */
	stop(): void {
		this.leave();
		this.authenticator.stop?.();
	}

	/** It is the authenticator's turn. */
	get works(): boolean {
		return this.ours;
	}

	/** An answer of the broker's is awaited, on a live connection. */
	get awaits(): boolean {
		return this.stage === Stage.AGAIN && !this.ours;
	}

	/**
	 * Begins a re-authentication (section 4.12.1). False: not connected, or one is under way. Throws what the authenticator
	 * throws; then nothing has happened.
	 */
	reauthenticate(): boolean {
		if (this.stage !== Stage.DONE) return false;
		const data = fieldOf(this.authenticator.begin());
		if (this.stage !== Stage.DONE) return false; // a function of the app's has closed the client
		this.stage = Stage.AGAIN;
		this.owner.sendAuth(encodeAuth5(ReasonCode.REAUTHENTICATE, this.method, data));
		return true;
	}

	/** AUTH has come. Throws what the authenticator throws, when the connection has ended. */
	onAuth(code: number, received: ReceivedProperties): void {
		const { stage } = this;
		if (this.ours || (stage !== Stage.CONNECT && stage !== Stage.AGAIN)) this.owner.refuse(AUTH_UNEXPECTED);
		else if (code === ReasonCode.CONTINUE_AUTHENTICATION) this.respond(received);
		else if (code !== ReasonCode.SUCCESS || stage === Stage.CONNECT) this.owner.refuse(AUTH_CODE);
		else {
			const failure = this.accept(received);
			if (failure !== undefined) this.owner.refuse(failure);
			else if (this.stage === Stage.DONE) this.owner.onReauthenticated();
		}
	}

	/**
	 * A CONNACK that accepts has come, or what stands for it in a re-authentication. Returns why it must not be believed.
	 * Throws what the authenticator throws, when the connection has ended.
	 */
	accept(received: ReceivedProperties): Reason | undefined {
		if (this.ours) return AUTH_UNEXPECTED;
		const fault = this.faultOf(received);
		if (fault !== undefined) return fault;
		const { turn } = this;
		let failure: Reason | undefined;
		try {
			failure = this.authenticator.finish(received.bytes(Property.AUTHENTICATION_DATA));
			if (turn === this.turn && failure === undefined) {
				this.stage = Stage.DONE;
				this.authenticator.stop?.();
			}
		} catch (error) {
			if (turn === this.turn) this.owner.refuse(AUTHENTICATOR_FAILED);
			throw error;
		}
		return turn === this.turn ? failure : undefined; // else it has closed the client
	}

	private respond(received: ReceivedProperties): void {
		const fault = this.faultOf(received);
		if (fault !== undefined) {
			this.owner.refuse(fault);
			return;
		}
		const turn = ++this.turn;
		this.ours = true;
		try {
			this.authenticator.respond(received.bytes(Property.AUTHENTICATION_DATA), (answer) => {
				if (turn === this.turn && this.ours) this.answer(answer);
			});
		} catch (error) {
			if (turn === this.turn) this.owner.refuse(AUTHENTICATOR_FAILED);
			throw error;
		}
	}

	private answer(answer: Answer): void {
		this.ours = false;
		if (answer instanceof Reason) {
			this.owner.refuse(answer);
			return;
		}
		let data: Uint8Array | undefined;
		try {
			data = fieldOf(answer);
		} catch (error) {
			this.owner.refuse(AUTHENTICATOR_FAILED);
			throw error;
		}
		this.owner.sendAuth(encodeAuth5(ReasonCode.CONTINUE_AUTHENTICATION, this.method, data));
	}

	/** The same method each time (MQTT-4.12.0-5), and all of the data. */
	private faultOf(received: ReceivedProperties): Reason | undefined {
		const { method } = this;
		const at = received.locate(Property.AUTHENTICATION_METHOD);
		// One for which there was no room is longer than ours, or behind such data.
		if (at < 0) return received.truncated ? AUTH_TOO_LONG : AUTH_METHOD;
		if (received.foundLength !== method.length - 2) return AUTH_METHOD;
		for (let i = method.length - 1; i >= 2; i--)
			if (received.buffer[at + i - 2] !== method[i]) return AUTH_METHOD;
		return this.owner.dataSkipped ? AUTH_TOO_LONG : undefined;
	}
}

/** Authentication data as a field. Throws when there are too many. */
const fieldOf = (data: Uint8Array | undefined): Uint8Array | undefined =>
	data === undefined ? undefined : encodeBinary("authentication data", data);

/** The field of its method. Throws when it is no authenticator. */
export const checkAuthenticator = (authenticator: Authenticator): Uint8Array => {
	if (
		typeof authenticator?.begin !== "function" ||
		typeof authenticator.respond !== "function" ||
		typeof authenticator.finish !== "function"
	)
		throw new TypeError(
			`authentication is ${authenticator}: it must have method, begin, respond and finish, as Scram (xs-mqtt/scram) has`,
		);
	const field = encodeField("authentication.method", authenticator.method);
	if (field.length === 2)
		throw new RangeError('authentication.method is "": it must have at least one character');
	return field;
};
