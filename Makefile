# Two commands a newcomer needs: make demo, make test.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
RID ?= linux-x64
PUBLISHED := artifacts/publish/rucio-operator
# A test that hangs is named and ends the run.
TEST := dotnet test tests/Tests.csproj --no-build --nologo --logger "console;verbosity=minimal" --blame-hang-timeout 10m --blame-hang-dump-type none

.PHONY: newcomer golden build demo test test-slow test-cluster test-contract test-image bench publish image sbom e2e chart chart-lint fmt fmt-check clean postgres

postgres: ## PostgreSQL's server programs, from the distribution's packages where it has none
	@.ci/postgres

build:
	@dotnet build Operator.sln --nologo -v quiet

demo: postgres ## the samples become Ready before your eyes; KEEP=0 ends then
	@for project in operator tests/Sandbox; do dotnet build $$project --nologo -v quiet; done
	@dotnet run --no-build --project tests/Sandbox

test: build postgres ## everything but what takes minutes or needs other servers; ends with N passed, N failed
	@.ci/summary $(TEST) --filter 'Category!=Slow'

test-slow: build postgres
	@.ci/summary $(TEST) --filter 'Category=Slow'

newcomer: build postgres ## a clean clone, and what README shows, typed there
	@.ci/summary $(TEST) --filter 'FullyQualifiedName~NewcomerTests'

golden: build ## writes tests/Golden/*.yaml, tests/Chart/*.yaml and the chart's copies and tables anew: read the diff
	@.ci/helm >/dev/null
	@GOLDEN=write $(TEST) --filter 'FullyQualifiedName~Tests.Golden|FullyQualifiedName~Tests.Chart'

test-contract: build postgres ## RUCIO_TEST_URL=... : against a running Rucio; else against the stand-in
	@.ci/summary $(TEST) --filter 'Category=Contract'

test-cluster: build postgres ## KUBEBUILDER_ASSETS=... or KUBECONFIG=... : against a real Kubernetes API
	@.ci/summary $(TEST) --filter 'Category=Cluster'

publish: ## the shipped binary: NativeAOT, no trim or AOT warning
	@dotnet publish operator -c Release -r $(RID) -p:PublishAot=true -o artifacts/publish --nologo
	@$(PUBLISHED) --version

chart-lint: ## the chart by helm's own rules; brings helm where there is none
	@$$(.ci/helm) lint --strict charts/rucio-operator

chart: chart-lint ## packs the chart into artifacts/
	@$$(.ci/helm) package charts/rucio-operator --destination artifacts

image: ## the container image of all architectures as artifacts/image/rucio-operator.tar; REGISTRY=... pushes it: image/README.md
	@image/build

sbom: ## what is in the binary, as CycloneDX: artifacts/image/rucio-operator.cdx.json
	@image/build bill

test-image: build postgres ## the image of this machine's architecture is made, taken apart and run as user 1654
	@.ci/summary $(TEST) --filter 'Category=Image'

e2e: ## a k3d cluster, or KUBECONFIG= and IMAGE=: Rucio's own images, an upload, a replica at the second storage: tests/e2e/README.md
	@tests/e2e/run || [ $$? = 77 ]

bench: publish postgres ## a Markdown table of the figures in README, measured on the published binary
	@RUCIO_OPERATOR_BIN=$${RUCIO_OPERATOR_BIN:-$(CURDIR)/$(PUBLISHED)} dotnet run -c Release --project tests/Bench

fmt:
	@dotnet format Operator.sln

fmt-check:
	@dotnet format Operator.sln --verify-no-changes

clean:
	@rm -rf artifacts; find . -type d \( -name bin -o -name obj \) -prune -exec rm -rf {} +
