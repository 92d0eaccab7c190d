import type { DefaultTheme } from 'vitepress';

const page = (text: string, link: string): DefaultTheme.SidebarItem => ({ text, link });

export const SIDEBAR: DefaultTheme.SidebarItem[] = [
  {
    text: 'Introduction',
    items: [
      page('Start in five minutes', '/start'),
      page('A Next.js page from an empty folder', '/guides/next-js-s3'),
      page('Develop on your machine', '/develop'),
      page('Examples', '/examples'),
      page('Playground', '/playground'),
      page('Troubleshooting', '/troubleshooting'),
      page('What AWS says', '/messages/aws'),
      page('What Google Cloud says', '/messages/gcp'),
      page('What Azure says', '/messages/azure'),
    ],
  },
  {
    text: 'Set up the trust',
    items: [
      page('AWS', '/setup/aws'),
      page('Google Cloud', '/setup/gcp'),
      page('Azure', '/setup/azure'),
      page('Your own API', '/setup/own-api'),
    ],
  },
  {
    text: 'Hosts',
    items: [
      page('Next.js', '/hosts/nextjs'),
      page('SvelteKit', '/hosts/sveltekit'),
      page('Nuxt', '/hosts/nuxt'),
      page('Hono', '/hosts/hono'),
      page('Express', '/hosts/express'),
      page('NestJS', '/hosts/nest'),
      page('Plain functions', '/hosts/functions'),
      page('Cron jobs and queues', '/hosts/cron-and-queues'),
    ],
  },
  {
    text: 'Targets: AWS',
    items: [
      page('S3', '/targets/s3'),
      page('DynamoDB', '/targets/dynamodb'),
      page('Bedrock and the AI SDK', '/targets/bedrock'),
      page('RDS, Aurora and DSQL', '/targets/rds'),
      page('ElastiCache, MemoryDB and MSK', '/targets/elasticache'),
      page('Role chains', '/targets/role-chains'),
    ],
  },
  {
    text: 'Targets: Google Cloud',
    items: [
      page('Cloud Storage', '/targets/cloud-storage'),
      page('BigQuery', '/targets/bigquery'),
      page('Vertex AI', '/targets/vertex'),
      page('Cloud Run', '/targets/cloud-run'),
      page('Cloud SQL and AlloyDB', '/targets/cloud-sql'),
    ],
  },
  {
    text: 'Targets: Azure',
    items: [
      page('Blob Storage', '/targets/blob-storage'),
      page('Key Vault', '/targets/key-vault'),
      page('Azure OpenAI', '/targets/azure-openai'),
      page('Azure databases', '/targets/azure-databases'),
    ],
  },
  {
    text: 'Targets: other services',
    items: [page('Model providers, MongoDB, Snowflake …', '/targets/other-services')],
  },
  {
    text: 'Migrate',
    items: [
      page('From @vercel/oidc-aws-credentials-provider', '/migrate/oidc-aws-credentials-provider'),
      page('From ExternalAccountClient', '/migrate/external-account-client'),
      page('From @azure/identity', '/migrate/azure-identity'),
    ],
  },
  {
    text: 'Concepts',
    items: [
      page('Identity', '/concepts/identity'),
      page('Cache and refresh', '/concepts/cache'),
      page('A fleet of instances', '/concepts/fleet'),
      page('Security', '/security'),
      page('Benchmarks', '/benchmarks'),
    ],
  },
];
