// The SDK's typings have it; those on npm do not. Mapped by no manifest: mcconfig takes the SDK's.

declare module "crypt" {
	export class Digest {
		constructor(name: "SHA1" | "SHA256" | "SHA384" | "SHA512");
		write(bytes: string | ArrayBuffer): void;
		close(): ArrayBuffer;
		reset(): void;
	}
}
