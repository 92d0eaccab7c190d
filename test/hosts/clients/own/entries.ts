// Our own declarations, every one checked, with the packages that they name installed.
export * as aws from '@credex/aws';
export * as clientSts from '@credex/aws/client-sts';
export * as azure from '@credex/azure';
export * as identity from '@credex/azure/identity';
export * as core from '@credex/core';
export * as gcp from '@credex/gcp';
export * as googleAuthLibrary from '@credex/gcp/google-auth-library';
export * as vercel from '@credex/vercel';
