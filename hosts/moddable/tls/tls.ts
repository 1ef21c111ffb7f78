// TLS for the network of Moddable: what manifest_tls.json puts in the place of ../streams/without/tls.ts.

import { capability } from "xs-mqtt/moddable/tls/capability";
import { tlsLayer } from "xs-mqtt/transport/tls/layer";

export const tls = tlsLayer(capability);
