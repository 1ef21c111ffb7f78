// What is known of a serial port.

export interface PortInfo {
	/** /dev/ttyUSB0, COM3 ... */
	path: string;
	/** Four hexadecimal digits, lower case; undefined for what is no USB port. */
	vendorId?: string;
	productId?: string;
	serialNumber?: string;
	manufacturer?: string;
	/** Why it looks like an ESP board; undefined when it does not. */
	board?: string;
}
