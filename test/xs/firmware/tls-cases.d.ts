// Chains as the test writes them, with DER as hexadecimal digits.

declare module "tls-cases" {
	const cases: readonly {
		certificates: readonly string[];
		ca?: readonly string[];
		pin?: readonly string[];
		host: string;
		serverName?: string;
		now: number | null;
	}[];
	export default cases;
}
