# Built by ci/images from static binaries; see there for the build context.
FROM scratch AS engine
COPY bin/engine /engine
COPY certs/ /etc/ssl/certs/
ENV STORY_ENGINE_LISTEN=0.0.0.0:8080
EXPOSE 8080
ENTRYPOINT ["/engine"]

FROM scratch AS mock-llm
COPY bin/mock-llm /mock-llm
COPY fixtures/models /models
EXPOSE 8090
ENTRYPOINT ["/mock-llm"]
CMD ["--listen", "0.0.0.0:8090", "--script", "/models/obedient.json"]

# The harness with everything that it starts: both programs, and the Redis of the image that it is built upon.
FROM story-engine-redis:local AS harness
COPY bin/harness bin/engine bin/mock-llm /usr/bin/
COPY fixtures /fixtures
ENV PATH=/usr/bin TMPDIR=/tmp
WORKDIR /work
VOLUME /work
ENTRYPOINT ["/usr/bin/harness"]
CMD ["run", "cases/"]
