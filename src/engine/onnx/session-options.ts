import type { InferenceSession } from 'onnxruntime-node';

/** What every session is made with; ONNX Runtime takes values as strings. */
export function sessionOptions(
  threads: number,
  extra: Readonly<Record<string, unknown>> = {},
): InferenceSession.SessionOptions {
  return {
    executionProviders: ['cpu'],
    intraOpNumThreads: threads,
    // Errors reach the caller; what is logged would reach the terminal of whoever embeds this.
    logSeverityLevel: 4,
    // Shapes change with every run; plans made for one are no use to the next.
    enableMemPattern: false,
    extra: {
      session: {
        // Threads that spin between runs would take processor time from whoever embeds this.
        intra_op: { allow_spinning: '0' },
        ...extra,
      },
    },
  };
}
