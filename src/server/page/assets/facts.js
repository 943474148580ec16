import { byId, make } from './dom.js';
import { inLanguage, texts } from './language.js';

/**
 * Shows what is served: model, device, numeric type and version, as far as the service tells.
 * @param {import('./service.js').ServiceInfo} info
 */
export function showFacts({ model, device, dtype, version }) {
  const facts = byId('facts', HTMLElement);
  inLanguage(() => {
    const { model: modelName, device: deviceName, dtype: dtypeName, version: versionName } = texts();
    const known = { [modelName]: model, [deviceName]: device, [dtypeName]: dtype, [versionName]: version };
    facts.replaceChildren(
      ...Object.entries(known)
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => make('div', '', make('dt', '', name), make('dd', '', String(value)))),
    );
  });
}
