"""An S3-compatible server on this machine with one empty bucket, "fleet". It prints its address, and lives until
standard input ends, so that it does not outlive the test that started it."""

import os
import sys

os.environ.update(AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test")

import boto3
from moto.server import ThreadedMotoServer

server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
server.start()
address = "http://%s:%d" % server.get_host_and_port()
boto3.client("s3", endpoint_url=address, region_name="us-east-1").create_bucket(Bucket="fleet")
print(address, flush=True)
sys.stdin.read()
server.stop()
