/** What the compiler knows of needed and granted scopes. */
import { Portal, scopesFor, type ScopeNeeds } from 'callgate'

const needs: ScopeNeeds = scopesFor(['crm.deal.list'], { events: ['OnTaskAdd'], version: 2 })
// @ts-expect-error a list is wanted
scopesFor('crm.deal.list')
// @ts-expect-error a version that there isn't
scopesFor([], { version: 1 })

const { scopes } = Portal.webhook('https://example.test/rest/1/secret/')
const comparison = scopes.compare(needs)
// @ts-expect-error nothing may be known of the grant
comparison.missing.length
if (comparison.granted) comparison.missing.concat(comparison.unneeded, comparison.granted)
scopes.compare(['crm', 'im'])
scopes.compare('crm,im')
// @ts-expect-error neither codes nor needs
scopes.compare({ crm: true })

const uncertain: string[][] | null | undefined = needs.uncertain[0]?.needed
export { uncertain }
