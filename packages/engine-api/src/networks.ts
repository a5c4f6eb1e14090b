/** Networks as list and inspect show them. */
import { z } from 'zod';
import { flag, list, map, optional, struct, text } from './fields.ts';

export const IpamConfig = z.object({
  Subnet: optional(z.string()),
  IPRange: optional(z.string()),
  Gateway: optional(z.string()),
  AuxiliaryAddresses: optional(z.record(z.string(), text)),
});
export type IpamConfig = z.infer<typeof IpamConfig>;

export const Ipam = z.object({
  Driver: text,
  /** null when none were given. */
  Options: z.preprocess((options) => options ?? null, z.record(z.string(), text).nullable()),
  Config: list(IpamConfig),
});
export type Ipam = z.infer<typeof Ipam>;

export const NetworkContainer = z.object({
  Name: text,
  EndpointID: text,
  MacAddress: text,
  /** With prefix length. */
  IPv4Address: text,
  IPv6Address: text,
});
export type NetworkContainer = z.infer<typeof NetworkContainer>;

export const NetworkInspect = z.object({
  Name: text,
  Id: z.string(),
  /** RFC 3339. */
  Created: text,
  /** local or swarm. */
  Scope: text,
  Driver: text,
  EnableIPv4: z.preprocess((value) => value ?? true, z.boolean()),
  EnableIPv6: flag,
  IPAM: struct(Ipam),
  Internal: flag,
  Attachable: flag,
  Ingress: flag,
  ConfigFrom: struct(z.object({ Network: text })),
  ConfigOnly: flag,
  /** By container id; the list leaves it empty. */
  Containers: map(NetworkContainer),
  Options: map(text),
  Labels: map(text),
});
export type NetworkInspect = z.infer<typeof NetworkInspect>;
