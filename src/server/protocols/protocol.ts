import type * as v from 'valibot';
import type { Limits } from '../limits.ts';
import type { Problem } from '../problem.ts';
import type { Job } from './job.ts';
import { validate } from './validate.ts';

/** A body that says what went wrong. */
export type Failure = (problem: Problem) => unknown;

/** How one protocol asks, answers and fails. */
export interface Protocol {
  /** What logs and metrics call it. */
  readonly name: string;
  readonly request: v.GenericSchema;
  readonly response: v.GenericSchema;
  readonly failure: Failure;
  /** Throws a 422 for a body that is not of the protocol. */
  readonly read: (body: unknown) => Job;
}

/** A path that requests are posted to, and the protocols that are spoken there. */
export interface Endpoint {
  readonly path: string;
  readonly summary: string;
  readonly protocols: readonly Protocol[];
  /** Tells them apart by the fields of the body. Throws a 422 where fields of two protocols are mixed. */
  readonly protocolOf: (body: unknown) => Protocol;
  /** Says what went wrong before the body was understood. */
  readonly failure: Failure;
}

/** Makes an endpoint, whose schemas hold the limits. */
export type MakeEndpoint = (limits: Limits) => Endpoint;

/** A protocol of which the body is read as `request` says. */
export function protocol<Schema extends v.GenericSchema>(
  parts: Omit<Protocol, 'read' | 'request'> & {
    readonly request: Schema;
    readonly job: (body: v.InferOutput<Schema>) => Job;
  },
): Protocol {
  const { job, ...rest } = parts;
  return { ...rest, read: (body) => job(validate(parts.request, body)) };
}
