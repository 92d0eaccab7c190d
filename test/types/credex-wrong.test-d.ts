// Configurations that are wrong, each in one thing, and do not compile. Never run; what JSON is told: check-config.test.ts.
import { createCredentials, defineConfig } from 'credex';
import { aws, azure, gcp } from './entries.js';

// @ts-expect-error nothing at all
defineConfig({});
// @ts-expect-error no object
defineConfig('credex.config.json');
// @ts-expect-error text in place of an entry
defineConfig({ credentials: { store: 'aws' } });
// @ts-expect-error no provider
defineConfig({ credentials: { store: { roleArn: aws.roleArn } } });
// @ts-expect-error a provider in capitals
defineConfig({ credentials: { store: { ...aws, provider: 'AWS' } } });
// @ts-expect-error null is no region
defineConfig({ credentials: { store: { ...aws, region: null } } });
// @ts-expect-error regions are not a list
defineConfig({ credentials: { store: { ...aws, region: ['eu-west-1'] } } });
// @ts-expect-error policies are a list
defineConfig({ credentials: { store: { ...aws, policyArns: 'arn:aws:iam::aws:policy/ReadOnlyAccess' } } });
// @ts-expect-error a switch is no text
defineConfig({ credentials: { store: { ...aws, useFipsEndpoint: 'true' } } });
// @ts-expect-error a number of milliseconds
defineConfig({ credentials: { store: { ...aws, timeoutMs: '8000' } } });
// @ts-expect-error an environment stands under `when`
defineConfig({ credentials: { store: { ...aws, environment: 'production' } } });
// @ts-expect-error `when` is an object
defineConfig({ credentials: { store: { ...aws, when: 'production' } } });
// @ts-expect-error `when` has an environment
defineConfig({ credentials: { store: { ...aws, when: {} } } });
// @ts-expect-error an expectation is an object
defineConfig({ credentials: { store: { ...aws, expect: 'prj_shop' } } });
// @ts-expect-error project numbers are text
defineConfig({ credentials: { data: { ...gcp, projectNumber: 742613904155 } } });
// @ts-expect-error a lifetime is a number of seconds
defineConfig({ credentials: { data: { ...gcp, lifetimeSeconds: '3600s' } } });
// @ts-expect-error scopes are texts
defineConfig({ credentials: { data: { ...gcp, scopes: [1] } } });
// @ts-expect-error a role is for AWS
defineConfig({ credentials: { data: { ...gcp, roleArn: aws.roleArn } } });
// @ts-expect-error origins are a list
defineConfig({ credentials: { blobs: { ...azure, origins: 'https://api.example.com' } } });
// @ts-expect-error one tenant is a list of one
defineConfig({ credentials: { blobs: { ...azure, additionallyAllowedTenants: 'example.com' } } });
// @ts-expect-error a secret has no place
defineConfig({ credentials: { blobs: { ...azure, clientSecret: 'x' } } });
// @ts-expect-error a default is a name
createCredentials({ default: 1, credentials: { store: aws } });
// @ts-expect-error a promise is no configuration
createCredentials(Promise.resolve({ credentials: { store: aws } }));
// @ts-expect-error the entries stand under `credentials`
createCredentials({ store: aws });
