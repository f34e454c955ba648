"""The process in which `detrun doctor` has programs run: it waits for jobs, and forks for each."""

import os
import sys

from detrun.cli import hashseed
from detrun.cli.target import enter, load
from detrun.doctor.patient import Patient
from detrun.doctor.ward import serve
from detrun.scheduler import catch

if __name__ == "__main__":
    hashseed.pin()
    # The program shall not see what only this process was to have.
    for name in sys.argv[2:]:
        os.environ.pop(name, None)
    # Once for all, instead of in each that is forked.
    catch.install()
    serve(sys.argv[1], lambda job: Patient(job, load, enter).perform())
