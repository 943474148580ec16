import { once } from 'node:events';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { Reranker } from '../../reranker.ts';
import type { LogEntry, ServerLimits } from '../../server/index.ts';
import { UsageError } from '../failure.ts';
import type { Io } from '../io.ts';
import { addModelOptions, integer, loadOptions, type ModelFlags, modelName } from '../options.ts';
import { jsonEntry, LOG_FORMATS, type LogFormat, type ServerLog, textEntry } from '../serve/log-line.ts';
import { loadProgress } from '../terminal/load-progress.ts';
import { ProgressLine } from '../terminal/progress-line.ts';
import { styleFor } from '../terminal/style.ts';

interface ServeFlags extends ModelFlags {
  readonly port: number;
  readonly host: string;
  readonly instruction?: string;
  readonly servedModelName?: readonly string[];
  readonly apiKey?: readonly string[];
  readonly cors?: readonly string[];
  readonly page: boolean;
  readonly maxBody?: number;
  readonly maxDocuments?: number;
  readonly maxQueryChars?: number;
  readonly maxDocumentChars?: number;
  readonly maxConcurrent?: number;
  readonly maxWaiting?: number;
  readonly timeout: number;
  readonly drain: number;
  readonly log?: LogFormat;
}

/** Time after the drain for what is left to be freed, in milliseconds. */
const AFTER_DRAIN_MS = 5_000;
/** Addresses that only this machine reaches. */
const LOOPBACK = /^(127\.|::1$|localhost$)/;

export function addServe(program: Command, io: Io): void {
  const command = program
    .command('serve')
    .summary('serve a model over HTTP')
    .description(
      'Serves a model over HTTP, in the protocols of Cohere, Jina, Voyage, text-embeddings-inference and vLLM.\n' +
        'Ctrl-C or SIGTERM: requests under way are answered first, new ones are refused.',
    )
    .option('-p, --port <n>', 'port; 0 for one that is free', integer(0, 65_535), 8080)
    .option('--host <address>', 'address to listen on; 0.0.0.0 for all', '127.0.0.1')
    .option('-i, --instruction <text>', 'instruction of requests that give none')
    .option(
      '--served-model-name <name...>',
      'names that requests may use for the model; the first is the one in answers',
    )
    .option(
      '--api-key <key...>',
      'keys of which requests must send one (default: RERANKIT_API_KEY, several with commas)',
    )
    .option('--cors <origin...>', "origins whose pages may ask from a browser; '*' for all", origins)
    .option('--no-page', 'no web page to rank with')
    .option('--max-body <bytes>', 'most bytes of a request (default: 16777216)', integer(1))
    .option('--max-documents <n>', 'most documents of a request (default: 1000)', integer(1))
    .option('--max-query-chars <n>', 'longest query or instruction (default: 32768)', integer(1))
    .option('--max-document-chars <n>', 'longest document (default: 1000000)', integer(1))
    .option('--max-concurrent <n>', 'most requests at a time (default: 64)', integer(1))
    .option('--max-waiting <n>', 'most requests that wait for that, before 429 (default: 256)', integer(0))
    .option('--timeout <seconds>', 'longest time for a request', integer(1, 86_400), 60)
    .option('--drain <seconds>', 'longest wait for requests under way at the end', integer(0, 86_400), 30)
    .addOption(
      new Option('--log <format>', 'log on stderr (default: text on a terminal, else json)').choices([...LOG_FORMATS]),
    );
  addModelOptions(command).action((flags: ServeFlags) => serveModel(flags, io));
}

async function serveModel(flags: ServeFlags, io: Io): Promise<void> {
  const { signal, stderr } = io;
  io.allowCleanUp(flags.drain * 1000 + AFTER_DRAIN_MS);
  const format = flags.log ?? (stderr.isTTY === true ? 'text' : 'json');
  const progress = new ProgressLine(stderr, format !== 'text');
  const style = styleFor(stderr, io.env);
  const log = (entry: LogEntry | ServerLog): void => {
    if (format === 'none') return;
    progress.clear();
    stderr.write(format === 'json' ? jsonEntry(entry) : textEntry(entry, style));
  };
  const apiKeys = keysOf(flags, io.env['RERANKIT_API_KEY']);
  // Gives up loading when the command ends, and when there is nothing to listen on.
  const giveUp = new AbortController();
  // Loaded for this command alone: the module that checks requests takes a while.
  const { serve } = await import('../../server/index.ts');
  const loading = Reranker.load(modelName(flags.model), {
    ...loadOptions(flags),
    instruction: flags.instruction,
    onProgress: loadProgress(progress),
    signal: AbortSignal.any([signal, giveUp.signal]),
  });
  loading.catch(() => {}); // Told below.
  try {
    await using server = await serve(loading, {
      port: flags.port,
      host: flags.host,
      modelNames: flags.servedModelName,
      apiKeys,
      cors: flags.cors?.includes('*') ? '*' : flags.cors,
      page: flags.page,
      limits: limitsOf(flags),
      drainMilliseconds: flags.drain * 1000,
      log,
    });
    log({ event: 'listening', time: new Date().toISOString(), level: 'info', url: server.url });
    if (apiKeys.length === 0 && !LOOPBACK.test(flags.host)) {
      const message = `whoever reaches ${server.url} may use it: set RERANKIT_API_KEY`;
      log({ event: 'warning', time: new Date().toISOString(), level: 'warn', message });
    }
    await loading;
    progress.clear();
    if (!signal.aborted) await once(signal, 'abort');
    if (!(await server.close())) throw signal.reason;
  } finally {
    giveUp.abort();
    progress.clear();
  }
}

function limitsOf(flags: ServeFlags): ServerLimits {
  return {
    bodyBytes: flags.maxBody,
    documents: flags.maxDocuments,
    queryCharacters: flags.maxQueryChars,
    documentCharacters: flags.maxDocumentChars,
    concurrentRequests: flags.maxConcurrent,
    waitingRequests: flags.maxWaiting,
    milliseconds: flags.timeout * 1000,
  };
}

/** Keys of the command line, which other users of the machine can see, or of the environment. */
function keysOf({ apiKey }: ServeFlags, variable: string | undefined): readonly string[] {
  const keys = apiKey ?? (variable ? variable.split(',').map((key) => key.trim()) : []);
  if (keys.every((key) => /^[\x21-\x7e]+$/.test(key))) return keys;
  throw new UsageError('an API key must be of printable ASCII characters without spaces, at least one');
}

function origins(origin: string, before: readonly string[] = []): readonly string[] {
  if (origin === '*' || (URL.canParse(origin) && new URL(origin).origin === origin)) return [...before, origin];
  throw new InvalidArgumentError("It must be an origin such as https://example.com, or '*'.");
}
