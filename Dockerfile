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
