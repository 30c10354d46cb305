/** What a passkey is called that its person gave no name. */
import assert from 'node:assert/strict';
import { passkeyNameFor } from '../../../../server/credentials/passkey/passkey-name.ts';

describe('passkeyNameFor', () => {
  const zeros = '00000000-0000-0000-0000-000000000000';
  const browser = 'Firefox (Windows)';
  const nameOf = (aaguid: string, transports: readonly string[], taken: readonly string[] = []) =>
    passkeyNameFor({ aaguid, transports }, browser, taken);

  it('is what keeps it, where that is known, wherever it is', () => {
    const bitwarden = 'd548826e-79b4-db40-a3d8-11116f7e8349';
    assert.equal(nameOf(bitwarden, ['internal', 'hybrid']), 'Bitwarden');
    assert.equal(nameOf('2fc0579f-8113-47ea-b116-bb5a8db9202a', ['usb', 'nfc']), 'YubiKey');
    for (const unheardOf of ['', 'constructor', '__proto__']) assert.equal(nameOf(unheardOf, []), browser);
  });

  it('is the browser’s where it stays on the device, and not of one that is carried, or is on a phone', () => {
    assert.equal(nameOf(zeros, ['internal', 'hybrid']), browser);
    assert.equal(nameOf(zeros, []), browser);
    assert.equal(nameOf(zeros, ['nfc', 'usb']), 'USB');
    assert.equal(nameOf(zeros, ['ble']), 'Bluetooth');
    assert.equal(nameOf(zeros, ['hybrid']), '');
  });

  it('is numbered where another is called so', () => {
    assert.equal(nameOf(zeros, [], ['At work']), browser);
    assert.equal(nameOf(zeros, [], [browser]), `${browser} 2`);
    assert.equal(nameOf(zeros, [], [browser, `${browser} 2`]), `${browser} 3`);
    assert.equal(nameOf(zeros, ['hybrid'], ['']), '');
  });
});
