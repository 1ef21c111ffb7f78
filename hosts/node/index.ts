// What tools on a PC import as "xs-mqtt/node": TLS as a client has it, for whatever else speaks to the same broker, and the
// SDK's table of MQTT 5.0's properties. Knows Node.

export { checkTls, type TlsSettings } from "../../src/transport/tls/settings.js";
export { Form, Property, Row, rowOf } from "../../src/wire/v5/property.js";
export { connectTls, tlsReason, toPem } from "./tls.js";
