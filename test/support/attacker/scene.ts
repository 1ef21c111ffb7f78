// Who plays: the authority that the client trusts, the broker's certificate, and what an attacker can have of his own.

import { generateKeyPairSync } from "node:crypto";
import type { AddressInfo } from "node:net";
import { createServer, type Server, type TLSSocket } from "node:tls";
import { Authority, type Issued, selfSigned, type Wanted } from "../authority.js";

/** The broker's names. */
export const NAMES = "DNS:localhost,IP:127.0.0.1";

/** What the attacker shows, and the key he signs with. */
export interface Disguise {
	chain: Uint8Array[];
	/** PEM; undefined: he has not got the first certificate's key. */
	key?: string;
}

export class Scene {
	/** The authority that the client trusts. */
	readonly authority = new Authority();
	/** The broker's own certificate: for localhost and 127.0.0.1. */
	readonly broker = this.authority.issue({ names: NAMES });
	/** An authority that nobody trusts, with the broker's name. */
	readonly #other = new Authority({ name: "localhost" });
	readonly #key = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({
		type: "pkcs8",
		format: "pem",
	}) as string;
	readonly #remove: (() => void)[] = [() => this.authority.remove(), () => this.#other.remove()];

	/** A certificate with the attacker's key. */
	#issue(issuer: Authority, wanted: Wanted): Issued {
		return issuer.issue({ names: NAMES, privateKey: this.#key, ...wanted });
	}

	#disguise(...chain: Issued[]): Disguise {
		return { chain: chain.map(({ der }) => der), key: this.#key };
	}

	/** A certificate of his own in front of the broker's good ones. */
	inFront(): Disguise {
		return this.#disguise(this.#issue(this.#other, {}), this.broker, this.authority.own);
	}

	/** The same, and the certificate is the authority's, for a name that the attacker really has. */
	inFrontForAnotherName(): Disguise {
		return this.#disguise(this.#forAnotherName(), this.broker, this.authority.own);
	}

	/** What the authority gave him for a name that he really has. */
	anotherName(): Disguise {
		return this.#disguise(this.#forAnotherName(), this.authority.own);
	}

	#forAnotherName(): Issued {
		return this.#issue(this.authority, { name: "attacker.test", names: "DNS:attacker.test" });
	}

	/** For a name that he really has, below an authority that has the broker's name. */
	nameAbove(): Disguise {
		const above = new Authority({ name: "localhost", names: NAMES }, this.authority);
		this.#remove.push(() => above.remove());
		const own = this.#issue(above, { name: "attacker.test", names: "DNS:attacker.test" });
		return this.#disguise(own, above.own, this.authority.own);
	}

	/** Issued with a certificate that may not issue any. */
	issuedByLeaf(): Disguise {
		const leaf = new Authority(
			{ ca: false, name: "attacker.test", names: "DNS:attacker.test" },
			this.authority,
		);
		this.#remove.push(() => leaf.remove());
		return this.#disguise(this.#issue(leaf, {}), leaf.own, this.authority.own);
	}

	ofAnotherAuthority(): Disguise {
		return this.#disguise(this.#issue(this.#other, {}), this.#other.own);
	}

	selfSigned(): Disguise {
		const own = selfSigned({ names: NAMES, privateKey: this.#key });
		this.#remove.push(() => own.remove());
		return this.#disguise(own);
	}

	/** The broker's, of last year, whose key has leaked. */
	expired(): Disguise {
		return this.#disguise(this.#issue(this.authority, { from: -400, to: -35 }), this.authority.own);
	}

	notYetValid(): Disguise {
		return this.#disguise(this.#issue(this.authority, { from: 35, to: 400 }), this.authority.own);
	}

	/** The broker's own, which anybody can have, but not its key. */
	brokersOwn(): Disguise {
		return { chain: [this.broker.der, this.authority.own.der] };
	}

	/** The same, where the broker has a key of another kind. */
	brokersOwnOf(wanted: Wanted): Disguise {
		return { chain: [this.authority.issue({ names: NAMES, ...wanted }).der, this.authority.own.der] };
	}

	/** Another good certificate for the broker's name, but not its key. */
	anotherGood(): Disguise {
		return { chain: [this.authority.issue({ names: NAMES }).der, this.authority.own.der] };
	}

	remove(): void {
		for (const each of this.#remove) each();
	}
}

/** A broker with TLS 1.2 that takes all, keeps it, and answers CONNECT and PINGREQ. */
export class Sink {
	readonly #server: Server;
	readonly #sockets = new Set<TLSSocket>();
	/** What clients have sent. */
	received = Buffer.alloc(0);

	private constructor({ broker, authority }: Scene) {
		this.#server = createServer(
			{ key: broker.key, cert: broker.pem + authority.own.pem, maxVersion: "TLSv1.2" },
			(socket) => {
				this.#sockets.add(socket);
				socket.on("data", (bytes) => {
					this.received = Buffer.concat([this.received, bytes]);
					if (bytes[0] === 0x10) socket.write(Buffer.of(0x20, 2, 0, 0));
					else if (bytes[0] === 0xc0) socket.write(Buffer.of(0xd0, 0));
				});
				socket.on("error", () => {});
				socket.once("close", () => this.#sockets.delete(socket));
			},
		);
		this.#server.on("tlsClientError", () => {});
	}

	static async start(scene: Scene): Promise<Sink> {
		const sink = new Sink(scene);
		await new Promise<void>((resolve) => sink.#server.listen(0, "127.0.0.1", resolve));
		return sink;
	}

	get port(): number {
		return (this.#server.address() as AddressInfo).port;
	}

	close(): void {
		this.#server.close();
		for (const socket of this.#sockets) socket.destroy();
	}
}
