// The SDK's typings have it; those on npm do not. Mapped by no manifest: mcconfig takes the SDK's.

declare module "embedded:network/interface/wifi" {
	export default class WiFi {
		constructor(options: { onChanged?(property: string): void });
	}
}
