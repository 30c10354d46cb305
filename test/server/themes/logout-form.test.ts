import assert from 'node:assert/strict';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import { parseLogoutForm } from '../../../server/themes/logout-form.ts';

describe('parseLogoutForm', () => {
  it("reads the engine's form", () => {
    const html =
      '<form id="op.logoutForm" method="post" action="http://x/end/confirm"><input type="hidden" name="xsrf" value="s3"/></form>';
    assert.deepEqual(parseLogoutForm(html), { action: 'http://x/end/confirm', xsrf: 's3' });
  });

  it('refuses a form it does not know rather than draw one that cannot work', () => {
    assert.throws(
      () => parseLogoutForm('<form action="/x"></form>'),
      (error) => isPlatformError(error, 'internal'),
    );
  });
});
